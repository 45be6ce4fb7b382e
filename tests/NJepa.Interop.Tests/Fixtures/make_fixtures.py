#!/usr/bin/env python3
"""Makes the fixtures in this folder with PyTorch alone (made with 1.13; any later version will do):

    python3 make_fixtures.py

The vision transformer below is written for this purpose; its names are those of the I-JEPA checkpoints, and the other
namings are derived from it by tables of their own. Safetensors are written by hand from the format's description.
"""
import collections
import json
import os
import pickle
import struct

import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
         torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


def path(*parts):
    full = os.path.join(HERE, *parts)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    return full


def raw(tensor):
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()


def write_safetensors(file, tensors, metadata=None):
    header, offset = {}, 0
    if metadata:
        header["__metadata__"] = metadata
    for name, tensor in tensors.items():
        size = len(raw(tensor))
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    with open(file, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            out.write(raw(tensor))


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn, self.mlp = nn.Module(), nn.Module()
        self.attn.qkv, self.attn.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.attn.qkv(self.norm1(x)).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (d // self.heads) ** -0.5).softmax(-1)
        x = x + self.attn.proj((weights @ v).transpose(1, 2).reshape(b, n, d))
        return x + self.mlp.fc2(nn.functional.gelu(self.mlp.fc1(self.norm2(x))))


def sincos(side, width):
    def axis(positions, channels):
        omega = 1.0 / 10000 ** (torch.arange(channels // 2, dtype=torch.float64) / (channels / 2))
        angles = positions[:, None] * omega[None]
        return torch.cat([angles.sin(), angles.cos()], 1)
    rows, columns = torch.meshgrid(torch.arange(side, dtype=torch.float64), torch.arange(side, dtype=torch.float64), indexing="ij")
    return torch.cat([axis(columns.flatten(), width // 2), axis(rows.flatten(), width // 2)], 1).float()[None]


class Encoder(nn.Module):
    def __init__(self, width=24, depth=2, heads=3, hidden=96, patch=4, side=4, learned=False, pooled_norm=False):
        super().__init__()
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, patch, patch)
        self.pos_embed = nn.Parameter(torch.randn(1, side * side, width) * 0.3 if learned else sincos(side, width), requires_grad=learned)
        self.blocks = nn.ModuleList(Block(width, heads, hidden) for _ in range(depth))
        setattr(self, "fc_norm" if pooled_norm else "norm", nn.LayerNorm(width, eps=1e-6))
        for name, parameter in self.named_parameters():  # no weight that a forgotten tensor would leave as it should be
            if name != "pos_embed":
                parameter.data += 0.2 * torch.randn_like(parameter)

    def tokens(self, images, positions=None):
        x = self.patch_embed.proj(images).flatten(2).transpose(1, 2)
        x = x + (self.pos_embed if positions is None else positions)
        for block in self.blocks:
            x = block(x)
        return x

    def forward(self, images, positions=None):
        x = self.tokens(images, positions)
        return self.norm(x) if hasattr(self, "norm") else x

    def pooled(self, images):
        x = self.tokens(images)
        return self.norm(x).mean(1) if hasattr(self, "norm") else self.fc_norm(x.mean(1))


class Predictor(nn.Module):
    def __init__(self, width=24, inner=12, depth=1, heads=3, side=4):
        super().__init__()
        self.mask_token = nn.Parameter(torch.randn(1, 1, inner))
        self.predictor_embed = nn.Linear(width, inner)
        self.predictor_pos_embed = nn.Parameter(sincos(side, inner), requires_grad=False)
        self.predictor_blocks = nn.ModuleList(Block(inner, heads, 4 * inner) for _ in range(depth))
        self.predictor_norm = nn.LayerNorm(inner, eps=1e-6)
        self.predictor_proj = nn.Linear(inner, width)


def to_transformers(state):
    """The names of transformers' IJepaModel, whose queries, keys and values are apart."""
    table = [("patch_embed.proj.", "embeddings.patch_embeddings.projection."), ("pos_embed", "embeddings.position_embeddings"), (".norm1.", ".layernorm_before."),
             (".norm2.", ".layernorm_after."), (".attn.proj.", ".attention.output.dense."), (".mlp.fc1.", ".intermediate.dense."), (".mlp.fc2.", ".output.dense."),
             ("blocks.", "encoder.layer.")]
    result = {}
    for name, value in state.items():
        if name.startswith("norm."):
            result["layernorm." + name[5:]] = value
            continue
        parts = zip(("query", "key", "value"), value.chunk(3)) if ".attn.qkv." in name else [(None, value)]
        for part, chunk in parts:
            new = name.replace(".attn.qkv.", f".attention.attention.{part}.")
            for old, other in table:
                new = new.replace(old, other)
            result[new] = chunk.clone()
    return result


def encoders():
    torch.manual_seed(1)
    images = torch.randn(3, 3, 16, 16)
    large = torch.randn(2, 3, 24, 24)
    expected = {"images": images, "images_24": large}
    data_parallel = lambda module: collections.OrderedDict((f"module.{k}", v) for k, v in module.state_dict().items())

    # As the I-JEPA authors' training saves it.
    encoder, target, predictor = Encoder(), Encoder(), Predictor()
    optimizer = torch.optim.AdamW(list(encoder.parameters()) + list(predictor.parameters()), lr=1e-3)
    encoder(images).square().mean().backward()
    optimizer.step()
    torch.save({"encoder": data_parallel(encoder), "predictor": data_parallel(predictor), "opt": optimizer.state_dict(), "scaler": None,
                "target_encoder": data_parallel(target), "epoch": 300, "loss": 0.125, "batch_size": 64, "world_size": 16, "lr": 1e-3}, path("ijepa.pth.tar"))
    with torch.no_grad():
        expected["ijepa.encoder"], expected["ijepa.target_encoder"] = encoder(images), target(images)
        table = sincos(4, 24).reshape(1, 4, 4, 24).permute(0, 3, 1, 2)
        resized = nn.functional.interpolate(table, size=(6, 6), mode="bicubic", align_corners=False)
        expected["positions_6"] = resized.permute(0, 2, 3, 1).reshape(1, 36, 24).contiguous()
        expected["positions_3"] = nn.functional.interpolate(table, size=(3, 3), mode="bicubic", align_corners=False).permute(0, 2, 3, 1).reshape(1, 9, 24).contiguous()
        expected["ijepa.target_encoder_24"] = target(large, expected["positions_6"])

    # As transformers saves an IJepaModel, whole and in shards; half precision as a classifier's backbone.
    model = Encoder(learned=True)
    state = to_transformers(model.state_dict())
    config = {"model_type": "ijepa", "architectures": ["IJepaModel"], "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 96,
              "hidden_act": "gelu", "layer_norm_eps": 1e-6, "image_size": 16, "patch_size": 4, "num_channels": 3, "qkv_bias": True}
    for folder in ("transformers", "transformers-sharded"):
        with open(path(folder, "config.json"), "w") as out:
            json.dump(config, out, indent=1)
    write_safetensors(path("transformers", "model.safetensors"), state, {"format": "pt"})
    names = list(state)
    shards = {"model-00001-of-00002.safetensors": names[:len(names) // 2], "model-00002-of-00002.safetensors": names[len(names) // 2:]}
    for shard, held in shards.items():
        write_safetensors(path("transformers-sharded", shard), {name: state[name] for name in held}, {"format": "pt"})
    with open(path("transformers-sharded", "model.safetensors.index.json"), "w") as out:
        json.dump({"metadata": {"total_size": sum(len(raw(v)) for v in state.values())}, "weight_map": {n: s for s, held in shards.items() for n in held}}, out, indent=1)
    classifier = {"ijepa." + name: value.half() for name, value in state.items()}
    classifier["classifier.weight"], classifier["classifier.bias"] = torch.randn(5, 24).half(), torch.zeros(5).half()
    torch.save(classifier, path("transformers-classifier.bin"))
    with torch.no_grad():
        expected["transformers"] = model(images)

    # timm, global_pool='avg', class_token=False: the norm before pooling (fc_norm=False) or after it, which is the default.
    for name, pooled_norm in (("timm-norm", False), ("timm-fc-norm", True)):
        model = Encoder(learned=True, pooled_norm=pooled_norm)
        state = dict(model.state_dict())
        state["head.weight"], state["head.bias"] = torch.randn(5, 24), torch.zeros(5)
        write_safetensors(path(name + ".safetensors"), state)
        with torch.no_grad():
            expected[name], expected[name + ".pooled"] = model(images), model.pooled(images)
    write_safetensors(path("expected.safetensors"), {k: v.detach() for k, v in expected.items()})


def element_types():
    torch.manual_seed(2)
    special = [0.0, -0.0, 1.0, -1.5, float("inf"), float("-inf"), float("nan"), 6e-8, 65504.0, 3.140625]
    tensors = {}
    for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
        tensors[str(dtype)[6:]] = torch.tensor(special, dtype=dtype)
    for dtype in (torch.int64, torch.int32, torch.int16, torch.int8):
        limits = torch.iinfo(dtype)
        tensors[str(dtype)[6:]] = torch.tensor([limits.min, -1, 0, 1, limits.max], dtype=dtype)
    tensors["uint8"] = torch.tensor([0, 1, 127, 128, 255], dtype=torch.uint8)
    tensors["bool"] = torch.tensor([True, False, True])
    tensors["scalar"], tensors["empty"], tensors["matrix"] = torch.tensor(7.5), torch.zeros(0, 3), torch.randn(3, 5)
    write_safetensors(path("types.safetensors"), tensors, {"made": "by hand"})

    base = torch.arange(24, dtype=torch.float32)
    views = {"transposed": base.reshape(4, 6).t(), "slice": base[5:11], "steps": base.reshape(4, 6)[:, ::2], "expanded": base[3:4].expand(2, 5), "whole": base,
             "permuted": base.reshape(2, 3, 4).permute(2, 0, 1)}
    complexes = {"complex64": torch.tensor([1 + 2j, -3.5j]), "complex128": torch.tensor([1 + 2j], dtype=torch.complex128)}
    linear = nn.Linear(3, 2)
    torch.save({**tensors, "views": views, "complex": complexes, "parameter": nn.Parameter(torch.tensor([1.0, 2.0])), "module": linear.state_dict(),
                "list": [torch.tensor([1]), {"deep": (torch.tensor([2]), "text")}], "epoch": 12, "large": 1 << 40, "negative": -5, "rate": 0.1, "flag": True, "none": None,
                "name": "Grüße", "shape": torch.Size([2, 3]), "device": torch.device("cpu"), "type": torch.float16, 7: torch.tensor([7])}, path("types.pth"))
    # What each view holds, in plain order.
    contiguous = {f"views.{k}": v.contiguous() for k, v in views.items()}
    contiguous.update({f"module.{k}": v for k, v in linear.state_dict().items()})
    write_safetensors(path("types-expected.safetensors"), {**tensors, **contiguous})
    for protocol in (3, 4, 5):
        torch.save({"a": base.reshape(4, 6).t(), "b": {"c": torch.ones(2)}, "n": 300}, path(f"protocol{protocol}.pth"), pickle_protocol=protocol)
    torch.save({"a": torch.ones(2)}, path("old-format.pth"), _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.script(linear), path("torchscript.pt"))


class Evil:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def hostile():
    """What an attacker would send; opening one in Python by torch.load would run it."""
    import argparse
    import builtins
    import subprocess
    cases = {"os-system": Evil(os.system, "touch /tmp/njepa-was-here"), "eval": Evil(builtins.eval, "open('/tmp/njepa-was-here', 'w')"), "popen": Evil(subprocess.Popen, ["touch", "/tmp/njepa-was-here"]),
             "nested": {"a": [1, {"b": Evil(builtins.exec, "raise SystemExit")}]}, "namespace": {"args": argparse.Namespace(lr=1), "model": {"w": torch.ones(1)}}}
    for name, case in cases.items():
        torch.save(case, path("hostile", name + ".pth"))


encoders()
element_types()
hostile()
