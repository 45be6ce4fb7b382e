namespace NJepa.Interop;

/// <summary>Whose names the tensors of an encoder have.</summary>
public enum WeightNaming
{
    /// <summary>NJepa's: PyTorch-style names without a prefix, the network's size in the file's metadata.</summary>
    NJepa,

    /// <summary>The I-JEPA authors' checkpoints: <c>encoder</c>, <c>target_encoder</c> and <c>predictor</c>, each with the prefix <c>module.</c></summary>
    IJepa,

    /// <summary>Hugging Face transformers' <c>IJepaModel</c>: <c>encoder.layer.0.attention.attention.query.weight</c>, ...; a folder with <c>config.json</c>.</summary>
    HuggingFace,

    /// <summary>timm's vision transformers without a class token: <c>blocks.0.attn.qkv.weight</c>, ..., <c>norm</c> or <c>fc_norm</c>.</summary>
    Timm,
}
