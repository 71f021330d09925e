-- A store of version 1, as version 1 wrote it. Never changed: later programs must read it.
CREATE TABLE sequences (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  numerics INTEGER NOT NULL,
  ids_sha256 TEXT NOT NULL,
  ids BLOB NOT NULL,
  text TEXT,
  category TEXT,
  tokens BLOB NOT NULL,
  massive_multiple ANY NOT NULL,
  share_of_mean BLOB NOT NULL,
  share_of_frobenius BLOB NOT NULL,
  identity_error ANY,
  UNIQUE (fingerprint, numerics, ids_sha256)
) STRICT;

-- Token norms (embed, resid_pre, ...) and inner products (pre_attn, mid_mlp, ...): float64, one per token.
CREATE TABLE sites (
  sequence INTEGER NOT NULL REFERENCES sequences (id),
  site TEXT NOT NULL,
  layer INTEGER NOT NULL,
  per_token BLOB NOT NULL,
  PRIMARY KEY (sequence, site, layer)
) STRICT, WITHOUT ROWID;

-- list: "layer", the largest value of every layer, or "over", all over the threshold.
CREATE TABLE massive (
  sequence INTEGER NOT NULL REFERENCES sequences (id),
  list TEXT NOT NULL,
  n INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  token INTEGER NOT NULL,
  channel INTEGER NOT NULL,
  value ANY NOT NULL,
  median ANY NOT NULL,
  PRIMARY KEY (sequence, list, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE logits (
  sequence INTEGER NOT NULL REFERENCES sequences (id),
  position INTEGER NOT NULL,
  mean ANY NOT NULL,
  std ANY NOT NULL,
  max ANY NOT NULL,
  min ANY NOT NULL,
  entropy ANY NOT NULL,
  effective_vocab ANY NOT NULL,
  top10_prob_mass ANY NOT NULL,
  top_ids BLOB NOT NULL,
  top_tokens BLOB NOT NULL,
  top_probs BLOB NOT NULL,
  PRIMARY KEY (sequence, position)
) STRICT, WITHOUT ROWID;

-- As logits, from resid_post[layer] through the final norm.
CREATE TABLE lens (
  sequence INTEGER NOT NULL REFERENCES sequences (id),
  layer INTEGER NOT NULL,
  position INTEGER NOT NULL,
  mean ANY NOT NULL,
  std ANY NOT NULL,
  max ANY NOT NULL,
  min ANY NOT NULL,
  entropy ANY NOT NULL,
  effective_vocab ANY NOT NULL,
  top10_prob_mass ANY NOT NULL,
  top_ids BLOB NOT NULL,
  top_tokens BLOB NOT NULL,
  top_probs BLOB NOT NULL,
  PRIMARY KEY (sequence, layer, position)
) STRICT, WITHOUT ROWID;

-- What is known of a model; keys of measurement JSON. Of a run's model, or of a weights report.
CREATE TABLE facts (
  id INTEGER PRIMARY KEY,
  model TEXT NOT NULL,
  path TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  family TEXT NOT NULL,
  norm TEXT NOT NULL,
  mlp TEXT NOT NULL,
  dtype TEXT NOT NULL,
  n_layers INTEGER NOT NULL,
  d_model INTEGER NOT NULL,
  n_heads INTEGER NOT NULL,
  n_kv_heads INTEGER NOT NULL,
  d_head INTEGER NOT NULL,
  vocab_size INTEGER NOT NULL,
  parallel_residual INTEGER NOT NULL,
  tied_embeddings INTEGER NOT NULL,
  rope_present INTEGER NOT NULL,
  rope_theta ANY NOT NULL,
  rope_scaling TEXT NOT NULL,
  rope_factor ANY NOT NULL,
  rope_original_max_position ANY NOT NULL,
  rope_max_position INTEGER NOT NULL,
  rope_rotary_pct ANY NOT NULL,
  parameters INTEGER NOT NULL
) STRICT;

CREATE TABLE weights (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  numerics INTEGER NOT NULL,
  facts INTEGER NOT NULL REFERENCES facts (id),
  engine_version TEXT NOT NULL,
  engine_isa TEXT NOT NULL,
  engine_threads INTEGER NOT NULL,
  engine_numerics INTEGER NOT NULL,
  wu_we_ratio ANY,
  tied_embeddings INTEGER NOT NULL,
  tied_allclose INTEGER,
  amplification_definition TEXT,
  amplification_gain ANY,
  amplification ANY,
  seconds ANY NOT NULL,
  spectral_seconds ANY NOT NULL,
  peak_bytes INTEGER NOT NULL,
  UNIQUE (fingerprint, numerics)
) STRICT;

CREATE TABLE weight_warnings (
  weights INTEGER NOT NULL REFERENCES weights (id),
  n INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (weights, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE matrices (
  id INTEGER PRIMARY KEY,
  weights INTEGER NOT NULL REFERENCES weights (id),
  role TEXT NOT NULL,
  tensor TEXT NOT NULL,
  layer INTEGER,
  part TEXT NOT NULL,
  dtype TEXT NOT NULL,
  rows INTEGER NOT NULL,
  cols INTEGER NOT NULL,
  non_finite_row INTEGER,
  non_finite_col INTEGER,
  non_finite_value ANY,
  non_finite_count INTEGER
) STRICT;
CREATE INDEX matrices_of ON matrices (weights, role, tensor);

-- Absent where a number of the matrix is not finite.
CREATE TABLE matrix_statistics (
  matrix INTEGER PRIMARY KEY REFERENCES matrices (id),
  rows INTEGER NOT NULL,
  cols INTEGER NOT NULL,
  frobenius_norm ANY NOT NULL,
  spectral_norm ANY NOT NULL,
  spectral_norm_error ANY NOT NULL,
  spectral_residual ANY NOT NULL,
  spectral_at_most ANY NOT NULL,
  spectral_passes INTEGER NOT NULL,
  spectral_converged INTEGER NOT NULL,
  mean_row_norm ANY NOT NULL,
  std_row_norm ANY NOT NULL,
  max_row_norm ANY NOT NULL,
  min_row_norm ANY NOT NULL,
  mean_abs ANY NOT NULL,
  std_abs ANY NOT NULL
) STRICT;

-- Only where all singular values were asked for (float64, descending).
CREATE TABLE spectra (
  matrix INTEGER PRIMARY KEY REFERENCES matrix_statistics (matrix),
  singular_values BLOB NOT NULL,
  rank INTEGER NOT NULL,
  participation_ratio ANY NOT NULL,
  entropy ANY NOT NULL,
  effective_rank ANY NOT NULL,
  power_law_alpha ANY,
  power_law_distance ANY,
  power_law_x_min ANY,
  power_law_tail INTEGER
) STRICT;

-- The run of this folder; one row.
CREATE TABLE run (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  experiment TEXT NOT NULL,
  started TEXT NOT NULL,
  pocket INTEGER NOT NULL,
  engine_version TEXT NOT NULL,
  engine_isa TEXT NOT NULL,
  engine_threads INTEGER NOT NULL,
  engine_numerics INTEGER NOT NULL
) STRICT;

CREATE TABLE run_overrides (
  n INTEGER PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE run_models (
  n INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  label TEXT NOT NULL,
  source TEXT NOT NULL,
  facts INTEGER REFERENCES facts (id),
  error TEXT
) STRICT;

-- The prompts as the model's tokenizer reads them; their measurements are in sequences.
CREATE TABLE run_prompts (
  model INTEGER NOT NULL REFERENCES run_models (n),
  n INTEGER NOT NULL,
  text TEXT,
  category TEXT,
  ids BLOB NOT NULL,
  tokens BLOB NOT NULL,
  PRIMARY KEY (model, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_notices (
  n INTEGER PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

INSERT INTO sequences VALUES (1, 'ab', 1, '34fb5c825de7ca4aea6e712f19d439c1da0c92c37b423936c5f618545ca4fa1f', x'0100000002000000', 'a bc', NULL, x'0100000061020000006263', 1000.0, x'000000000000e03f000000000000d03f', x'000000000000e83f000000000000e03f', 1e-07);
INSERT INTO sites VALUES (1, 'embed', 0, x'000000000000f03f0000000000000040');
INSERT INTO sites VALUES (1, 'resid_post', 0, x'000000000000f03f0000000000000040');
INSERT INTO sites VALUES (1, 'resid_post', 1, x'00000000000008400000000000001040');
INSERT INTO logits VALUES (1, 1, 0.5, 1.0, 3.0, x'000000000000f87f', 2.0, 7.5, 0.5, x'07000000', x'0100000078', x'000000000000d03f');
INSERT INTO facts VALUES (1, 'm', 'm.gguf', 'ab', 'llama', 'RMSNorm', 'SwiGLU', 'F32', 2, 8, 2, 2, 4, 16, 0, 1, 1, 10000.0, 'default', 1.0, 0.0, 64, 1.0, 1234);
INSERT INTO run VALUES (1, 'id = "e"', '2026-01-01T00:00:00Z', 0, '0.1.0', 'AVX2', 1, 1);
INSERT INTO run_overrides VALUES (0, 'definition=notebook-001');
INSERT INTO run_models VALUES (0, 'm', 'M', 'm.gguf', 1, NULL);
INSERT INTO run_prompts VALUES (0, 0, 'a bc', NULL, x'0100000002000000', x'0100000061020000006263');
PRAGMA application_id = 1397191540;
PRAGMA user_version = 1;
