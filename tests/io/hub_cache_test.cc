// The Hub's cache as huggingface_hub lays it out: blobs, refs, snapshots of relative links, .no_exist.
#include "io/hub_cache.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <map>

#include "io/temp_folder.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
const std::string kCommit = "12fd25f77366fa6b3b4b768ec3050bf629380bac";
const std::string kOther = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Sets variables for one test and puts the old values back.
class Environment {
 public:
  void set(const std::string& name, const std::string& value) {
    if (!old_.contains(name)) {
      const char* before = std::getenv(name.c_str());
      old_[name] = before == nullptr ? std::nullopt : std::optional<std::string>(before);
    }
    if (value.empty()) {
      ::unsetenv(name.c_str());
    } else {
      ::setenv(name.c_str(), value.c_str(), 1);
    }
  }
  Environment() {
    for (const char* name : {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"}) set(name, "");
  }
  ~Environment() {
    for (const auto& [name, value] : old_) set(name, value.value_or(""));
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::map<std::string, std::optional<std::string>> old_;
};

/// A cache with one model, whole.
struct Cache {
  test::TempFolder folder;
  fs::path root = folder.path() / "hub";
  fs::path model = root / "models--tiny--model";

  Cache() {
    add_file(kCommit, "config.json", "{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc2");
    add_file(kCommit, "model.safetensors", "weights",
             "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4");
    ref("main", kCommit);
  }
  void add_file(const std::string& commit, const std::string& name, const std::string& content,
                const std::string& etag) const {
    folder.write("hub/models--tiny--model/blobs/" + etag, content);
    const fs::path link = model / "snapshots" / commit / name;
    fs::create_directories(link.parent_path());
    const fs::path blob = model / "blobs" / etag;
    fs::create_symlink(blob.lexically_relative(link.parent_path()), link);
  }
  void ref(const std::string& name, const std::string& content) const {
    folder.write("hub/models--tiny--model/refs/" + name, content);
  }
  std::string found(const std::string& text) const {
    const Result<fs::path> path = find_snapshot(root, *parse_hub_id(text));
    return path.ok() ? path.value().filename().string() : path.error().message();
  }
  /// The message of an error that must come.
  std::string error(const std::string& text) const {
    const Result<fs::path> path = find_snapshot(root, *parse_hub_id(text));
    EXPECT_FALSE(path.ok());
    if (path.ok()) return "";
    EXPECT_EQ(path.error().exit_code(), 3);
    return path.error().message();
  }
};

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

TEST(HubCache, RevisionsAreFollowed) {
  const Cache cache;
  cache.ref("v1.0", kCommit + "\n");  // blanks that some writers leave
  cache.ref("refs/pr/1", kCommit);    // a pull request's ref
  EXPECT_EQ(cache.found("tiny/model"), kCommit);
  EXPECT_EQ(cache.found("tiny/model@main"), kCommit);
  EXPECT_EQ(cache.found("tiny/model@v1.0"), kCommit);
  EXPECT_EQ(cache.found("tiny/model@refs/pr/1"), kCommit);
  EXPECT_EQ(cache.found("tiny/model@" + kCommit), kCommit);
}

TEST(HubCache, ARealFileInsteadOfALinkIsAsGood) {
  const Cache cache;  // HF_HUB_DISABLE_SYMLINKS
  fs::remove(cache.model / "snapshots" / kCommit / "config.json");
  cache.folder.write("hub/models--tiny--model/snapshots/" + kCommit + "/config.json", "{}");
  EXPECT_EQ(cache.found("tiny/model"), kCommit);
}

TEST(HubCache, EachFailureHasItsOwnMessage) {
  const Cache cache;
  EXPECT_SAYS(cache.error("tiny/absent"), "no such model in");
  EXPECT_SAYS(cache.error("tiny/model@dev"), "no revision 'dev'");
  EXPECT_SAYS(cache.error("tiny/model@dev"), "main");  // what is there
  EXPECT_SAYS(cache.error("tiny/model@" + kCommit.substr(0, 7)), "short commit");
  EXPECT_SAYS(cache.error("tiny/model@" + kOther), "no revision");
  cache.ref("gone", kOther);
  EXPECT_SAYS(cache.error("tiny/model@gone"), "snapshot that gone of tiny/model names is not in the cache");
  cache.ref("damaged", "not a commit");
  EXPECT_SAYS(cache.error("tiny/model@damaged"), "damaged");
  cache.ref("empty", "");
  EXPECT_SAYS(cache.error("tiny/model@empty"), "damaged");
  const Result<fs::path> no_cache = find_snapshot(cache.root / "nowhere", {.repo = "tiny/model"});
  ASSERT_FALSE(no_cache.ok());
  EXPECT_SAYS(no_cache.error().message(), "no Hub cache");
}

TEST(HubCache, WithoutARefNoSnapshotIsGuessed) {
  const Cache cache;
  fs::remove(cache.model / "refs" / "main");
  const std::string message = cache.error("tiny/model");
  EXPECT_SAYS(message, "no revision 'main'");
  EXPECT_SAYS(message, kCommit);  // named, not chosen
}

TEST(HubCache, ABrokenLinkIsNamedWithItsTarget) {
  const Cache cache;
  fs::remove(cache.model / "blobs" / "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4");
  const std::string message = cache.error("tiny/model");
  EXPECT_SAYS(message, "broken");
  EXPECT_SAYS(message, "model.safetensors");
  EXPECT_SAYS(message, "../../blobs/98ea6e4f");
}

TEST(HubCache, ABrokenLinkOfAFileThatIsNotReadIsNoFailure) {
  const Cache cache;
  cache.add_file(kCommit, "README.md", "text", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
  fs::remove(cache.model / "blobs" / "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
  EXPECT_EQ(cache.found("tiny/model"), kCommit);
}

TEST(HubCache, NoWeightsSaysWhatIsThereAndWhatTheRepositoryLacks) {
  const Cache cache;
  fs::remove(cache.model / "snapshots" / kCommit / "model.safetensors");
  cache.add_file(kCommit, "pytorch_model.bin", "pickle", "cccccccccccccccccccccccccccccccccccccccc");
  EXPECT_SAYS(cache.error("tiny/model"), "pytorch_model.bin");
  cache.folder.write("hub/models--tiny--model/.no_exist/" + kCommit + "/model.safetensors", "");
  EXPECT_SAYS(cache.error("tiny/model"), "the repository has no model.safetensors");
}

TEST(HubCache, AReadOnlyCacheWorksAndStaysAsItIs) {
  const Cache cache;
  std::vector<fs::path> folders;
  for (const auto& entry : fs::recursive_directory_iterator(cache.root)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  for (const fs::path& folder : folders) fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(cache.found("tiny/model"), kCommit);
  for (const fs::path& folder : folders) fs::permissions(folder, fs::perms::owner_all);
}

TEST(HubCache, TheVariablesDecideInTheirOrder) {
  Environment env;
  env.set("HOME", "/somewhere");
  EXPECT_EQ(hub_cache_folder(), "/somewhere/.cache/huggingface/hub");
  env.set("XDG_CACHE_HOME", "/xdg");
  EXPECT_EQ(hub_cache_folder(), "/xdg/huggingface/hub");
  EXPECT_EQ(own_models_folder(), "/xdg/streamgauge/models");
  env.set("HF_HOME", "~/hf");
  EXPECT_EQ(hub_cache_folder(), "/somewhere/hf/hub");
  env.set("SG_TEST_DISK", "/disk");
  env.set("HUGGINGFACE_HUB_CACHE", "$SG_TEST_DISK/old");
  EXPECT_EQ(hub_cache_folder(), "/disk/old");
  env.set("HF_HUB_CACHE", "${SG_TEST_DISK}/new$");
  EXPECT_EQ(hub_cache_folder(), "/disk/new$");
  env.set("HF_HUB_CACHE", "/a/$SG_TEST_UNSET_VARIABLE/b");
  EXPECT_EQ(hub_cache_folder(), "/a/$SG_TEST_UNSET_VARIABLE/b");
}

TEST(HubCache, AnExistingPathWins) {
  const Cache cache;
  Environment env;
  env.set("HF_HUB_CACHE", cache.root.string());
  const fs::path before = fs::current_path();
  fs::current_path(cache.folder.path());
  const Result<fs::path> from_cache = find_model("tiny/model");
  fs::create_directories("tiny/model");
  const Result<fs::path> from_folder = find_model("tiny/model");
  fs::create_symlink("nowhere", "link");
  const Result<fs::path> broken = find_model("link");
  fs::current_path(before);
  ASSERT_TRUE(from_cache.ok() && from_folder.ok());
  EXPECT_EQ(from_cache.value(), cache.model / "snapshots" / kCommit);
  EXPECT_EQ(from_folder.value(), "tiny/model");
  ASSERT_FALSE(broken.ok());
  EXPECT_SAYS(broken.error().message(), "broken link");
  EXPECT_EQ(hub_id_of(from_cache.value()), "tiny/model");
  EXPECT_EQ(hub_id_of(from_folder.value()), std::nullopt);
}

TEST(HubCache, ListsWhatRefsName) {
  const Cache cache;
  Environment env;
  env.set("HF_HUB_CACHE", cache.root.string());
  cache.ref("refs/pr/1", kCommit);
  cache.ref("gone", kOther);
  fs::create_directories(cache.root / ".locks");
  fs::create_directories(cache.root / "datasets--tiny--data" / "refs");
  const std::vector<CachedModel> found = cached_models();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].id, "tiny/model");
  EXPECT_EQ(found[0].revision, "main");
  EXPECT_EQ(found[1].revision, "refs/pr/1");
}

TEST(HubId, FormsThatAreAndAreNotIds) {
  for (const char* text : {"org/name", "gpt2", "org/name@main", "org/name@refs/pr/1", "A_b-1.5/x.y_z@v1.0",
                           "hf://org/name", "hf://gpt2", "org/name:Q4_K_M", "hf://org/name@v1:Q8_0"}) {
    EXPECT_TRUE(parse_hub_id(text).has_value()) << text;
  }
  for (const char* text : {"", "/", "org/", "/name", "a/b/c", "../name", "org/..", "org/name@", "org/name@../../etc",
                           "org/name@/etc", "-org/name", "org/a--b", "org/model.gguf", "model.safetensors", "a b/c",
                           "org/name:", "org/name:a/b", "hf://", "https://org/name"}) {
    EXPECT_FALSE(parse_hub_id(text).has_value()) << text;
  }
}

TEST(HubId, AQuantisationChoosesAmongGgufFiles) {
  const std::vector<std::string> files = {"m-Q4_K_M.gguf",
                                          "m-UD-Q4_K_M.gguf",
                                          "m.Q8_0.gguf",
                                          "mmproj-F16.gguf",
                                          "README.md",
                                          "BF16/m-BF16-00001-of-00002.gguf",
                                          "BF16/m-BF16-00002-of-00002.gguf"};
  const auto chosen = [&](const char* text) { return choose_gguf(files, *parse_hub_id(text)); };
  EXPECT_EQ(chosen("a/b:q4_k_m").value(), std::vector<std::string>{"m-Q4_K_M.gguf"});
  EXPECT_EQ(chosen("a/b:UD-Q4_K_M").value(), std::vector<std::string>{"m-UD-Q4_K_M.gguf"});
  EXPECT_EQ(chosen("a/b:bf16").value().size(), 2u);
  EXPECT_FALSE(chosen("a/b:4_K_M").ok());
  EXPECT_FALSE(chosen("a/b").ok());
  EXPECT_EQ(choose_gguf({"mmproj.gguf", "only.gguf"}, *parse_hub_id("a/b")).value(),
            std::vector<std::string>{"only.gguf"});
}

RC_GTEST_PROP(HubId, NoTextLeadsOutOfTheCache, ()) {
  static const Cache cache;
  const auto text = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '.', '/', '-', '@', '_'));
  const std::optional<HubId> id = parse_hub_id(text);
  if (!id) return;
  RC_ASSERT(id->repo.find("..") == std::string::npos && id->revision.find("..") == std::string::npos);
  const Result<fs::path> path = find_snapshot(cache.root, *id);
  if (path.ok()) RC_ASSERT(path.value().string().starts_with(cache.root.string()));
}

}  // namespace
}  // namespace sg
