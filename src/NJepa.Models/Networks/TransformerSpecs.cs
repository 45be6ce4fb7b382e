namespace NJepa.Models;

/// <summary>The parameters of the networks with their PyTorch-style names, in the order of a PyTorch state dict.</summary>
internal static class TransformerSpecs
{
    public static IEnumerable<ParameterSpec> Encoder(string prefix, ViT vit, bool rescale)
    {
        yield return Weight(prefix + "patch_embed.proj.weight", vit.Width, vit.Channels, vit.PatchSize, vit.PatchSize);
        yield return Bias(prefix + "patch_embed.proj.bias", vit.Width);
        foreach (ParameterSpec spec in Blocks(prefix + "blocks.", vit.Depth, vit.Width, vit.MlpWidth, rescale))
        {
            yield return spec;
        }

        foreach (ParameterSpec spec in LayerNorm(prefix + "norm", vit.Width))
        {
            yield return spec;
        }
    }

    public static ParameterSpec MaskToken(string prefix, PredictorOptions predictor) => Weight(prefix + "mask_token", 1, 1, predictor.Width);

    /// <summary>A predictor without its mask token.</summary>
    public static IEnumerable<ParameterSpec> Predictor(string prefix, PredictorOptions predictor, int encoderWidth, bool rescale)
    {
        yield return Weight(prefix + "predictor_embed.weight", predictor.Width, encoderWidth);
        yield return Bias(prefix + "predictor_embed.bias", predictor.Width);
        foreach (ParameterSpec spec in Blocks(prefix + "predictor_blocks.", predictor.Depth, predictor.Width, predictor.MlpWidth, rescale))
        {
            yield return spec;
        }

        foreach (ParameterSpec spec in LayerNorm(prefix + "predictor_norm", predictor.Width))
        {
            yield return spec;
        }

        yield return Weight(prefix + "predictor_proj.weight", encoderWidth, predictor.Width);
        yield return Bias(prefix + "predictor_proj.bias", encoderWidth);
    }

    private static IEnumerable<ParameterSpec> Blocks(string prefix, int depth, int width, int mlpWidth, bool rescale)
    {
        for (int layer = 0; layer < depth; layer++)
        {
            string block = $"{prefix}{layer}.";
            double scale = rescale ? 1.0 / Math.Sqrt(2.0 * (layer + 1)) : 1.0;
            foreach (ParameterSpec spec in LayerNorm(block + "norm1", width))
            {
                yield return spec;
            }

            yield return Weight(block + "attn.qkv.weight", 3 * width, width);
            yield return Bias(block + "attn.qkv.bias", 3 * width);
            yield return Weight(block + "attn.proj.weight", width, width) with { Scale = scale };
            yield return Bias(block + "attn.proj.bias", width);
            foreach (ParameterSpec spec in LayerNorm(block + "norm2", width))
            {
                yield return spec;
            }

            yield return Weight(block + "mlp.fc1.weight", mlpWidth, width);
            yield return Bias(block + "mlp.fc1.bias", mlpWidth);
            yield return Weight(block + "mlp.fc2.weight", width, mlpWidth) with { Scale = scale };
            yield return Bias(block + "mlp.fc2.bias", width);
        }
    }

    private static ParameterSpec Weight(string name, params long[] shape) => new(name, shape, ParameterInitialization.TruncatedNormal);

    private static ParameterSpec Bias(string name, long width) => new(name, [width], ParameterInitialization.Zeros);

    private static IEnumerable<ParameterSpec> LayerNorm(string name, long width)
    {
        yield return new ParameterSpec(name + ".weight", [width], ParameterInitialization.Ones);
        yield return new ParameterSpec(name + ".bias", [width], ParameterInitialization.Zeros);
    }
}
