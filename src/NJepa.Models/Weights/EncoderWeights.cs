using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>An encoder alone: names without a prefix, the network's size as JSON in the metadata.</summary>
internal static class EncoderWeights
{
    /// <summary>Under this name a file of NJepa's says what it holds.</summary>
    public const string ContentKey = "njepa.content";

    private const string EncoderContent = "encoder";

    /// <summary>Under this name a file of weights keeps the encoder's size as JSON.</summary>
    public const string ConfigurationKey = "njepa.vit";

    private const string PositionsKey = "njepa.positions";
    private const string OwnPositions = "own";
    private const string PositionTableName = "pos_embed";

    public static void Save(ViTEncoder encoder, string path)
    {
        using DisposeScope scope = NewDisposeScope();
        var tensors = Names(encoder).Select(name => KeyValuePair.Create(name, encoder.Parameters[encoder.Prefix + name].Value));
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            [ContentKey] = EncoderContent,
            [ConfigurationKey] = JsonSerializer.Serialize(encoder.Configuration),
        };
        if (encoder.HasOwnPositions)
        {
            metadata[PositionsKey] = OwnPositions;
        }

        SafetensorsFile.Write(path, [.. tensors, KeyValuePair.Create(PositionTableName, encoder.PositionsLD.unsqueeze(0))], metadata);
    }

    public static ViTEncoder Load(string path, Device? device)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        ViT configuration = ReadConfiguration(file);
        var reader = new WeightsReader(file);
        bool ownPositions = file.Metadata.GetValueOrDefault(PositionsKey) == OwnPositions;
        ViTEncoder encoder = ViTEncoder.Allocate(configuration, device, ownPositions ? reader.ReadTable(PositionTableName, configuration) : null);
        try
        {
            foreach (string name in Names(encoder))
            {
                reader.Expect(name, encoder.Parameters[name].Value);
            }

            using (Tensor table = encoder.PositionsLD.unsqueeze(0))
            {
                reader.AllowTable(PositionTableName, table);
            }

            reader.Fill();
            return encoder;
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
    }

    private static IEnumerable<string> Names(ViTEncoder encoder) => TransformerSpecs.Encoder("", encoder.Configuration, rescale: false).Select(spec => spec.Name);

    private static ViT ReadConfiguration(SafetensorsFile file)
    {
        string? text = file.Metadata.GetValueOrDefault(ConfigurationKey);
        if (file.Metadata.GetValueOrDefault(ContentKey) != EncoderContent || text is null)
        {
            throw new WeightsException($"{file.Path} does not describe an NJepa encoder (its metadata must say '{ContentKey}' = '{EncoderContent}', and '{ConfigurationKey}'). Load files that ViTEncoder.Save wrote; for whole models use JepaModel.LoadWeights, and for encoders of other programs PretrainedEncoder.Load of NJepa.Interop.");
        }

        try
        {
            ViT configuration = JsonSerializer.Deserialize<ViT>(text) ?? throw new JsonException("the description is null");
            IReadOnlyList<string> errors = configuration.Validate();
            if (errors.Count > 0)
            {
                throw new WeightsException($"{file.Path} describes an encoder that cannot be built:\n- {string.Join("\n- ", errors)}");
            }

            // Without this check a few bytes of text could ask for all memory.
            long parameters = ModelSummary.EncoderParameters(configuration), held = file.Entries.Sum(entry => entry.Length) / sizeof(float);
            return parameters <= held
                ? configuration
                : throw new WeightsException($"{file.Path} describes an encoder of {parameters} parameters, but holds only {held} numbers; it is damaged or was changed. Save it again.");
        }
        catch (JsonException exception)
        {
            throw new WeightsException($"{file.Path} describes its encoder unreadably: {exception.Message}", exception);
        }
    }
}
