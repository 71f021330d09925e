# Debian 12 packages; the list that installs them is tools/apt-packages.txt.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(hwy REQUIRED)
find_package(simdjson REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(Boost REQUIRED)  # headers only: Boost.Math
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(PkgConfig REQUIRED)
pkg_check_modules(OPENBLAS REQUIRED openblas)  # LAPACK, for --spectrum full; loaded when wanted, not linked
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
find_package(ZLIB REQUIRED)
find_path(CURL_HEADERS curl/curl.h REQUIRED)  # opened when wanted, not linked (docs/adr/0019)
find_package(SQLite3 3.37 REQUIRED)  # STRICT tables
find_package(nlohmann_json REQUIRED)
if(STREAMGAUGE_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
