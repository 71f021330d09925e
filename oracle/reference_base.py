"""What the families of the independent forward share: the tensors, and the skeleton of a model."""
import json
import pathlib

from safetensors import safe_open

from reference_ops import layer_norm, rms_norm


class Checkpoint:
    """The tensors of a model, in float64, and its configuration."""

    def __init__(self, config, tensors):
        self.config = config
        self.dtypes = {name: tensor.dtype for name, tensor in tensors.items()}
        self.tensors = {name: tensor.double().numpy() for name, tensor in tensors.items()}

    @classmethod
    def read(cls, folder):
        folder, tensors = pathlib.Path(folder), {}
        for file in sorted(folder.glob("model*.safetensors")):
            with safe_open(file, framework="pt") as f:
                tensors.update((name, f.get_tensor(name)) for name in f.keys())
        return cls(json.loads((folder / "config.json").read_text()), tensors)

    def __contains__(self, name):
        return name in self.tensors

    def __call__(self, name):
        return self.tensors[name]

    def linear(self, x, name):
        y = x @ self(name + ".weight").T
        return y + self(name + ".bias") if name + ".bias" in self else y


class Family:
    """One model. block(l, x) returns attn_out, mlp_out and resid_mid (None where a block lacks them).

    post(l, x, a, f) is the stream after the block, final(x) the final norm (None where a family has none).
    """

    table, head, tied = "model.embed_tokens.weight", "lm_head", False
    theta = 10000.0  # of the rotation, where the configuration states none

    def __init__(self, m):
        self.m, self.c = m, m.config
        c = self.c
        self.heads = self.key("num_attention_heads", "n_head", "num_heads")
        self.kv = c.get("num_key_value_heads") or self.heads
        self.width = self.key("hidden_size", "n_embd", "n_embed")
        self.layers = self.key("num_hidden_layers", "n_layer", "num_layers")
        self.d = c.get("head_dim") or self.width // self.heads
        self.setup()

    def key(self, *names, default=None):
        """The first of the names that the configuration has and that is not null."""
        for name in names:
            if self.c.get(name) is not None:
                return self.c[name]
        return default

    def setup(self):
        pass

    def embed(self, ids):
        return self.m(self.table)[ids]

    def post(self, l, x, a, f):
        return x + (0 if a is None else a) + (0 if f is None else f)

    def to_head(self, x):
        return x

    def logits(self, x):
        x = self.to_head(x)
        tied = self.c.get("tie_word_embeddings", self.tied) or self.head + ".weight" not in self.m
        return x @ self.m(self.table).T if tied else self.m.linear(x, self.head)

    def rope(self):
        rope = dict(self.c.get("rope_parameters") or self.c.get("rope_scaling") or {})
        rope.setdefault("rope_theta", self.key("rope_theta", default=self.theta))
        rope.setdefault("max_position_embeddings", self.c.get("max_position_embeddings"))
        rope.setdefault("original_max_position_embeddings", self.key(
            "original_max_position_embeddings", "max_position_embeddings"))
        return rope

    def ln(self, x, name):
        return layer_norm(x, self.m(name + ".weight"), self.m(name + ".bias"), self.eps)

    def rms(self, x, name):
        return rms_norm(x, self.m(name + ".weight"), self.eps)
