#include <streamgauge/streamgauge.h>

#include <cstdio>

int main(int argc, char** argv) {
  const auto model = streamgauge::Model::open(argc > 1 ? argv[1] : "");
  if (!model) return std::fprintf(stderr, "%s\n", model.error().message().c_str()), 1;
  const auto measured = model->measure({{.text = "", .ids = {1, 5, 9, 2, 7}}});
  if (!measured) return std::fprintf(stderr, "%s\n", measured.error().message().c_str()), 1;
  const auto gain = measured->gain("notebook-003");
  if (gain && gain->value) std::printf("%s %.6f\n", gain->definition.c_str(), *gain->value);
}
