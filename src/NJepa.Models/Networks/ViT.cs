using System.Text.Json.Serialization;
using NJepa.Masking;
using static System.FormattableString;

namespace NJepa.Models;

/// <summary>
/// The size of a vision transformer: pre-norm, no [cls] token, fixed 2-D sin-cos positions, exact GELU (I-JEPA, arXiv 2301.08243, appendix A).
/// A preset with other settings is one expression: <c>ViT.Base16 with { ImageSize = 128, PatchSize = 8 }</c>.
/// </summary>
public sealed record ViT
{
    private const int MaxImageSize = 16384;
    private const int MaxPatchValues = 65536;

    /// <summary>Width 192, depth 12, 3 heads, patch 16; 5.5 M parameters.</summary>
    public static ViT Tiny16 { get; } = new() { Name = "ViT-Ti", Width = 192, Depth = 12, Heads = 3 };

    /// <summary>Width 384, depth 12, 6 heads, patch 16; 21.6 M parameters.</summary>
    public static ViT Small16 { get; } = new() { Name = "ViT-S", Width = 384, Depth = 12, Heads = 6 };

    /// <summary>Width 768, depth 12, 12 heads, patch 16; 85.6 M parameters. The network of the N-JEPA paper.</summary>
    public static ViT Base16 { get; } = new() { Name = "ViT-B", Width = 768, Depth = 12, Heads = 12 };

    /// <summary>Width 1024, depth 24, 16 heads, patch 16; 303 M parameters.</summary>
    public static ViT Large16 { get; } = new() { Name = "ViT-L", Width = 1024, Depth = 24, Heads = 16 };

    /// <summary>Width 1280, depth 32, 16 heads, patch 14; 631 M parameters.</summary>
    public static ViT Huge14 { get; } = new() { Name = "ViT-H", Width = 1280, Depth = 32, Heads = 16, PatchSize = 14 };

    /// <summary>Width 1280, depth 32, 16 heads, patch 16; 631 M parameters.</summary>
    public static ViT Huge16 { get; } = new() { Name = "ViT-H", Width = 1280, Depth = 32, Heads = 16 };

    /// <summary>Width 1408, depth 40, 16 heads, patch 16, MLP ratio 48/11; 1.01 G parameters.</summary>
    public static ViT Giant16 { get; } = new() { Name = "ViT-G", Width = 1408, Depth = 40, Heads = 16, MlpRatio = 48.0 / 11.0 };

    /// <summary>
    /// A small network for small pictures and two processor cores: width 96, depth 4, 3 heads; 0.45 M parameters.
    /// With the default 8 x 8 grid it is the network of the quick start.
    /// </summary>
    public static ViT Nano4 { get; } = new() { Name = "ViT-Nano", Width = 96, Depth = 4, Heads = 3, ImageSize = 32, PatchSize = 4 };

    /// <summary>A name for people, without the patch size.</summary>
    /// <value>Default "ViT".</value>
    public string Name { get; init; } = "ViT";

    /// <summary>Name and patch size as the field writes them: <c>ViT-B/16</c>.</summary>
    [JsonIgnore]
    public string Title => $"{Name}/{PatchSize}";

    /// <summary>Side of the square input image in pixels, from 1 to 16,384; a multiple of <see cref="PatchSize"/>, at most 256 patches.</summary>
    /// <value>Default 224.</value>
    public int ImageSize { get; init; } = 224;

    /// <summary>Side of a square patch in pixels, at least 1; a patch has at most 65,536 values.</summary>
    /// <value>Default 16.</value>
    public int PatchSize { get; init; } = 16;

    /// <summary>D, the number of channels of a token; a multiple of 4 and of <see cref="Heads"/>, at most 16,384.</summary>
    /// <value>Default 768.</value>
    public int Width { get; init; } = 768;

    /// <summary>Number of transformer blocks, from 1 to 1000.</summary>
    /// <value>Default 12.</value>
    public int Depth { get; init; } = 12;

    /// <summary>H, the number of attention heads.</summary>
    /// <value>Default 12.</value>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the MLP's hidden layer as a multiple of <see cref="Width"/>, above 0 and at most 64.</summary>
    /// <value>Default 4.</value>
    public double MlpRatio { get; init; } = 4.0;

    /// <summary>Channels of the input image, from 1 to 1024.</summary>
    /// <value>Default 3 (RGB).</value>
    public int Channels { get; init; } = 3;

    /// <summary>
    /// Whether the final LayerNorm is applied to the mean over the patches and not to each patch before it: timm's <c>fc_norm</c>. For encoders that were trained elsewhere in this way;
    /// pretraining does not take them.
    /// </summary>
    /// <value>Default false.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool NormAfterPooling { get; init; }

    /// <summary>The grid of patches, row-major.</summary>
    /// <exception cref="ArgumentException">There is none for these sizes; <see cref="Validate"/> says why.</exception>
    [JsonIgnore]
    public PatchGrid Grid => PatchGrid.ForImage(ImageSize, PatchSize);

    /// <summary>L, the number of patches.</summary>
    /// <exception cref="ArgumentException">There is no grid for these sizes; <see cref="Validate"/> says why.</exception>
    [JsonIgnore]
    public int Patches => Grid.Count;

    /// <summary>Channels of the MLP's hidden layer, at most 65,536.</summary>
    [JsonIgnore]
    public int MlpWidth => TokenWidth.Mlp(Width, MlpRatio);

    /// <summary>Every reason why this network cannot be built; empty when it can.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        void Require(bool satisfied, string message)
        {
            if (!satisfied)
            {
                errors.Add(message);
            }
        }

        Require(PatchSize >= 1, Invariant($"ViT.PatchSize is {PatchSize}; it must be at least 1 pixel."));
        Require(ImageSize is >= 1 and <= MaxImageSize, Invariant($"ViT.ImageSize is {ImageSize}; it must be from 1 to {MaxImageSize} pixels."));
        Require(
            PatchSize < 1 || ImageSize < 1 || ImageSize % PatchSize == 0,
            Invariant($"ViT.ImageSize is {ImageSize}, which is not a multiple of ViT.PatchSize = {PatchSize}; choose a size such as {Nearest(ImageSize, PatchSize)}."));
        Require(
            PatchSize < 1 || ImageSize > MaxImageSize || ImageSize / PatchSize <= PatchGrid.MaxSide,
            Invariant($"ViT.ImageSize is {ImageSize} and ViT.PatchSize is {PatchSize}, a grid of {(PatchSize < 1 ? 0 : ImageSize / PatchSize)} patches a side; it must be at most {PatchGrid.MaxSide}. Use larger patches."));
        Require(Depth is >= 1 and <= 1000, Invariant($"ViT.Depth is {Depth}; it must be from 1 to 1000 blocks."));
        Require(Channels is >= 1 and <= 1024, Invariant($"ViT.Channels is {Channels}; it must be from 1 to 1024 (default 3)."));
        Require(
            PatchSize < 1 || Channels is < 1 or > 1024 || PatchSize <= MaxPatchValues / PatchSize / Channels,
            Invariant($"ViT.PatchSize is {PatchSize}, so that a patch of {Channels} channels has {(long)PatchSize * PatchSize * Channels} values; it must have at most {MaxPatchValues}. Use smaller patches."));
        errors.AddRange(TokenWidth.Problems(nameof(ViT), Width, Heads, MlpRatio));
        return errors;
    }

    /// <summary>The sizes in one line, for people.</summary>
    // Not the record's own: that would compute the grid, and a size that has none could not be printed.
    public override string ToString() =>
        Invariant($"{Title}: {ImageSize} px of {Channels} channels in patches of {PatchSize}, width {Width}, depth {Depth}, {Heads} heads, MLP ratio {MlpRatio}");

    private static int Nearest(int value, int multiple) =>
        multiple < 1 ? value : Math.Max(1, (int)Math.Round(value / (double)multiple)) * multiple;
}
