// --full-hash: the model's fingerprint of every byte, as run and corpus say it (docs/adr/0015).
#pragma once

#include "cli/common.h"
#include "cli/remote_reading.h"
#include "measure/row.h"
#include "model/model.h"

namespace sg {

void add_full_hash(CLI::App& command, bool& wanted);

/// Error (usage): of a model that is read from the Hub, whose bytes do not all pass.
Result<void> check_full_hash(bool wanted, const RemoteArguments& remote);

/// Where it is wanted, facts.fingerprint becomes content_hash(). Errors: of it.
Result<void> take_full_hash(bool wanted, const Model& model, ModelFacts& facts);

}  // namespace sg
