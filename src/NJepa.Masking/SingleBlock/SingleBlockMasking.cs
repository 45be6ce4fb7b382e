namespace NJepa.Masking;

/// <summary>Presets of <see cref="SingleBlockMaskingOptions"/>.</summary>
public static class SingleBlockMasking
{
    /// <summary>The "block" row of I-JEPA's comparison of masking strategies: one block of 60 % of the image.</summary>
    public static SingleBlockMaskingOptions Ablation { get; } = new();
}
