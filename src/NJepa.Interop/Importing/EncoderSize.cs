using System.Globalization;
using NJepa.Masking;
using NJepa.Models;

namespace NJepa.Interop;

/// <summary>The size of the network that a file's tensors belong to, from their shapes.</summary>
internal static class EncoderSize
{
    private const int MaxDepth = 1000;
    private const int MaxPatches = PatchGrid.MaxSide * PatchGrid.MaxSide;

    private static readonly ViT[] Presets = [ViT.Tiny16, ViT.Small16, ViT.Base16, ViT.Large16, ViT.Huge14, ViT.Giant16, ViT.Nano4];

    /// <summary>The network as the file has it, before any change of the image size.</summary>
    /// <exception cref="WeightsException">The shapes are not those of a vision transformer, or leave something open.</exception>
    /// <exception cref="ArgumentException">The number of heads that was asked for is not possible.</exception>
    public static ViT Of(TensorFile file, EncoderModule module, EncoderDescription description, EncoderImportOptions options)
    {
        EncoderNames names = module.Names;
        IReadOnlyList<long> kernel = Shape(file, module, names.Anchor, 4, "a convolution [D,C,p,p]");
        if (kernel[2] != kernel[3])
        {
            throw new WeightsException($"{file.Path} cuts images into patches of {kernel[2]} x {kernel[3]} pixels; NJepa's are square.");
        }

        int depth = Depth(file, module);
        if (depth == 0)
        {
            throw new WeightsException($"{file.Path} has patch embeddings '{module.Prefix}{names.Anchor}', but no block '{module.Prefix}{names.Blocks}0.{names.FirstNorm}' of a known naming.");
        }

        long hidden = Shape(file, module, $"{names.Blocks}0.{names.Hidden}", 2, "a matrix")[0];
        (int width, int patch, int channels) = (Side(file, kernel[0]), Side(file, kernel[2]), Side(file, kernel[1]));
        ViT? preset = Array.Find(Presets, preset => preset.Width == width && preset.Depth == depth && preset.MlpWidth == hidden);
        var size = new ViT
        {
            Name = description.Name ?? preset?.Name ?? "ViT",
            Width = width,
            Depth = depth,
            Heads = options.Heads ?? description.Heads ?? preset?.Heads ?? throw new WeightsException(
                $"{file.Path} holds a network of width {width} and depth {depth}; the number of its attention heads cannot be told from weights. Set EncoderImportOptions.Heads (a divisor of {width}{(width % 64 == 0 ? $"; often {width / 64}" : "")}), or put its config.json beside the file."),
            MlpRatio = description.MlpRatio is > 0 and <= 64 and double told && new ViT { Width = width, MlpRatio = told }.MlpWidth == hidden ? told : hidden / (double)width,
            PatchSize = patch,
            Channels = channels,
            ImageSize = ImageSize(file, module, description, options, patch),
            NormAfterPooling = description.NormAfterPooling || module.HasFcNorm(file),
        };
        if (size.Heads < 1 || width % size.Heads != 0)
        {
            string divisors = string.Join(", ", Enumerable.Range(1, width).Where(heads => width % heads == 0));
            string message = $"{file.Path} holds a network of width {width}, which {size.Heads} heads do not divide; the number of heads must be one of {divisors}.";
            throw options.Heads is null ? new WeightsException($"{message} Set EncoderImportOptions.Heads, or mend what describes the network.") : new ArgumentException($"{message} Set EncoderImportOptions.Heads to one of them.", nameof(options));
        }

        IReadOnlyList<string> errors = size.Validate();
        if (errors.Count > 0)
        {
            throw new WeightsException($"{file.Path} holds a network that cannot be built:\n- {string.Join("\n- ", errors)}");
        }

        // Without this check a small file could ask for all memory: tensors may share their storage.
        (long parameters, long bytes) = (ModelSummary.EncoderParameters(size), file.ByteLength);
        return parameters <= bytes / 2
            ? size
            : throw new WeightsException($"{file.Path} describes an encoder of {parameters} parameters, but has only {bytes} bytes; it is damaged or was changed.");
    }

    // From the last block that any name speaks of, so that what a gap lacks is missing and named.
    private static int Depth(TensorFile file, EncoderModule module)
    {
        string start = module.Prefix + module.Names.Blocks;
        int depth = 0;
        foreach (TensorEntry entry in file.Entries.Where(entry => entry.Name.StartsWith(start, StringComparison.Ordinal)))
        {
            ReadOnlySpan<char> rest = entry.Name.AsSpan(start.Length);
            int dot = rest.IndexOf('.');
            if (dot > 0 && int.TryParse(rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < MaxDepth)
            {
                depth = Math.Max(depth, index + 1);
            }
        }

        return depth;
    }

    private static int ImageSize(TensorFile file, EncoderModule module, EncoderDescription description, EncoderImportOptions options, int patch)
    {
        if (file.Find(module.Prefix + module.Names.Positions) is { } table)
        {
            long patches = table.Shape.Count is 2 or 3 ? table.Shape[^2] : 0;
            int side = (int)Math.Round(Math.Sqrt(Math.Clamp(patches, 0, MaxPatches)));
            if (side > 0 && (long)side * side == patches)
            {
                return side * patch;
            }

            string tokens = patches > 1 && Math.Sqrt(patches - 1) % 1 == 0 ? $" It is one more than {Math.Sqrt(patches - 1)} x {Math.Sqrt(patches - 1)}: the network has a class token, and NJepa's have none." : "";
            throw new WeightsException($"{file.Path} has positions '{table.Name}' [{string.Join(",", table.Shape)}], which are not those of a square grid of patches.{tokens}");
        }

        return options.ImageSize ?? description.ImageSize ?? throw new WeightsException(
            $"{file.Path} has no position table '{module.Prefix}{module.Names.Positions}' that would tell the image size. Set EncoderImportOptions.ImageSize.");
    }

    private static IReadOnlyList<long> Shape(TensorFile file, EncoderModule module, string name, int dimensions, string what)
    {
        TensorEntry entry = file.Find(module.Prefix + name) ?? throw new WeightsException($"{file.Path} has no '{module.Prefix}{name}'.");
        return entry.Shape.Count == dimensions
            ? entry.Shape
            : throw new WeightsException($"{file.Path} has '{entry.Name}' of shape [{string.Join(",", entry.Shape)}]; it should be {what}.");
    }

    private static int Side(TensorFile file, long side) =>
        side is >= 1 and <= 65536 ? (int)side : throw new WeightsException($"{file.Path} has a patch embedding with a side of {side}, which no network of NJepa's has.");
}
