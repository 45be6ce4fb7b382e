using System.Text.Json;
using NJepa.Models;

namespace NJepa.Interop;

/// <summary>What the files beside the weights say of the network: <c>config.json</c> of transformers or timm, or NJepa's metadata.</summary>
internal sealed record EncoderDescription
{
    private const long MaxBytes = 1 << 20;
    private const double OurEpsilon = 1e-6;

    public int? Heads { get; private init; }

    public int? ImageSize { get; private init; }

    public string? Name { get; private init; }

    /// <summary>As it was given; from the weights alone it can be told only to the rounding of the hidden layer's width.</summary>
    public double? MlpRatio { get; private init; }

    public bool NormAfterPooling { get; private init; }

    /// <summary>Sizes that the weights tell as well, by the name that the description has for them.</summary>
    public IReadOnlyList<(string Name, int? Value, Func<ViT, int> Of)> Sizes { get; private init; } = [];

    public IReadOnlyList<string> Notes { get; private init; } = [];

    public IReadOnlyList<string> Problems { get; private init; } = [];

    /// <exception cref="WeightsException">The description is damaged.</exception>
    public static EncoderDescription Of(TensorFile file, EncoderModule module)
    {
        if (file.Metadata.TryGetValue(EncoderWeights.ConfigurationKey, out string? text))
        {
            EncoderDescription own = Read($"the metadata of {file.Path}", text, root => new EncoderDescription
            {
                Heads = Number(root, "Heads"),
                ImageSize = Number(root, "ImageSize"),
                Name = Text(root, "Name"),
                MlpRatio = Real(root, "MlpRatio"),
                Sizes = [("Depth", Number(root, "Depth"), size => size.Depth), ("Width", Number(root, "Width"), size => size.Width), ("PatchSize", Number(root, "PatchSize"), size => size.PatchSize), ("Channels", Number(root, "Channels"), size => size.Channels)],
                NormAfterPooling = root.TryGetProperty(nameof(ViT.NormAfterPooling), out JsonElement flag) && flag.ValueKind == JsonValueKind.True,
            });

            // Other programs go by config.json alone.
            return module.IsTransformers && Beside(file, module) is { Heads: { } heads } && heads != own.Heads
                ? own with { Problems = [$"num_attention_heads is {heads} in config.json and {own.Heads} in the metadata of the weights; one of them is of another encoder"] }
                : own;
        }

        return Beside(file, module) ?? new EncoderDescription();
    }

    // config.json; null where there is none.
    private static EncoderDescription? Beside(TensorFile file, EncoderModule module)
    {
        string path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file.Path))!, WeightsFolder.Configuration);
        if (!File.Exists(path))
        {
            return null;
        }

        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new WeightsException($"{path} has more than {MaxBytes} bytes and does not describe a network; remove it, or give the weights alone in a folder of their own.");
        }

        return Read(path, File.ReadAllText(path), root => module.IsTransformers ? Transformers(root) : Timm(root));
    }

    private static EncoderDescription Transformers(JsonElement root)
    {
        List<string> notes = [], problems = [];
        if (root.TryGetProperty("layer_norm_eps", out JsonElement epsilon) && epsilon.ValueKind == JsonValueKind.Number && epsilon.GetDouble() != OurEpsilon)
        {
            notes.Add(FormattableString.Invariant($"layer_norm_eps is {epsilon.GetDouble()} in config.json; NJepa computes with {OurEpsilon}, which changes features of common size in the seventh digit"));
        }

        if (Text(root, "hidden_act") is { } activation && activation is not ("gelu" or "gelu_python"))
        {
            problems.Add($"hidden_act is '{activation}' in config.json; NJepa's networks have the exact GELU ('gelu')");
        }

        if (Text(root, "model_type") is { } type && type != "ijepa")
        {
            problems.Add($"model_type is '{type}' in config.json; of transformers' models 'ijepa' is read");
        }

        return new EncoderDescription
        {
            Heads = Number(root, "num_attention_heads"),
            MlpRatio = Real(root, "mlp_ratio"),
            ImageSize = Number(root, "image_size"),
            Notes = notes,
            Problems = problems,
            Sizes =
            [
                ("num_hidden_layers", Number(root, "num_hidden_layers"), size => size.Depth), ("hidden_size", Number(root, "hidden_size"), size => size.Width),
                ("intermediate_size", Number(root, "intermediate_size"), size => size.MlpWidth), ("patch_size", Number(root, "patch_size"), size => size.PatchSize),
                ("num_channels", Number(root, "num_channels"), size => size.Channels), ("image_size", Number(root, "image_size"), size => size.ImageSize),
            ],
        };
    }

    private static EncoderDescription Timm(JsonElement root) =>
        root.TryGetProperty("model_args", out JsonElement arguments) && arguments.ValueKind == JsonValueKind.Object
            ? new EncoderDescription
            {
                Heads = Number(arguments, "num_heads"),
                ImageSize = Number(arguments, "img_size"),
                Sizes = [("depth", Number(arguments, "depth"), size => size.Depth), ("embed_dim", Number(arguments, "embed_dim"), size => size.Width), ("patch_size", Number(arguments, "patch_size"), size => size.PatchSize)],
            }
            : new EncoderDescription();

    private static EncoderDescription Read(string what, string text, Func<JsonElement, EncoderDescription> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : throw new JsonException("it is not an object");
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            string where = exception is JsonException { LineNumber: { } line, BytePositionInLine: { } position } ? FormattableString.Invariant($"it is no JSON at line {line + 1}, byte {position + 1}") : exception.Message;
            throw new WeightsException($"{what} cannot be read as a description of a network: {where.TrimEnd('.')}. Mend it, or move it elsewhere and set EncoderImportOptions.Heads.", exception);
        }
    }

    // What is there and no whole number must not be passed over in favour of a guess.
    private static int? Number(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw new FormatException($"{name} is {value.GetRawText()}; it must be a whole number");
    }

    private static double? Real(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : null;

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
