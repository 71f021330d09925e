#include "experiment/evaluate/seed_results.h"

#include <algorithm>

#include "experiment/value/tree.h"
#include "experiment/value/value.h"

namespace sg {
namespace {

Value named_value(const std::string& name, const World& world, const std::vector<Verdict>& verdicts,
                  const std::string& started) {
  if (name == "started") return started;
  if (name == "model_keys") {
    std::vector<std::string> keys;
    for (const ModelData& data : world.models()) {
      if (!data.error) keys.push_back(data.key);
    }
    return keys;
  }
  if (const Value* value = world.value(name)) return *value;
  for (const Verdict& verdict : verdicts) {
    if (verdict.name == name) return verdict.label.empty() ? absent(verdict.sentence) : Value(verdict.label);
  }
  return absent("there is no " + name);
}

void fill_models(const ResultKey& key, const World& world, Tree& list) {
  (key.kind == ResultKey::Kind::kList ? list.list : list.object) = true;
  for (std::size_t m = 0; m < world.models().size(); ++m) {
    const ModelData& data = world.models()[m];
    if (data.error && key.error.empty()) continue;
    Tree entry;
    entry.object = true;
    if (data.error) {
      tree_at(entry, key.error).leaf = *data.error;
    } else {
      for (const ResultKey::Each& each : key.each) {
        tree_at(entry, each.path).leaf = each.column == "key"     ? data.key
                                         : each.column == "label" ? data.label
                                                                  : *world.cell(m, each.column);
      }
    }
    if (key.kind == ResultKey::Kind::kList) {
      list.children.push_back(std::move(entry));
    } else {
      Tree& at = tree_at(list, {data.key});
      at.object = true;
      std::move(entry.children.begin(), entry.children.end(), std::back_inserter(at.children));
    }
  }
}

}  // namespace

Tree seed_results(const World& world, const std::vector<Verdict>& verdicts, const std::string& started) {
  Tree root;
  root.object = true;
  for (const ResultKey& key : world.experiment().results) {
    if (key.read_only) continue;
    Tree& at = tree_at(root, key.path);
    if (key.kind != ResultKey::Kind::kLeaf) {
      fill_models(key, world, at);
    } else if (key.expression) {
      at.leaf = world.result_of(*key.expression);
    } else {
      at.leaf = key.name.empty() ? key.given : named_value(key.name, world, verdicts, started);
    }
  }
  return root;
}

}  // namespace sg
