using System.Text.Json;

namespace NJepa.Models;

/// <summary>The numbers of attention heads of a file's networks: shapes do not tell them, and with others the same weights give other features.</summary>
internal static class ToldHeads
{
    /// <summary>Under this name a file of a whole model keeps the predictors' size as JSON.</summary>
    public const string PredictorKey = "njepa.predictor";

    /// <summary>What a file says of itself that is otherwise in a model; files that say nothing are taken as they are.</summary>
    public static IReadOnlyList<string> Problems(IReadOnlyDictionary<string, string> metadata, JepaConfiguration model)
    {
        var problems = new List<string>();
        Compare("the encoder", EncoderWeights.ConfigurationKey, model.Encoder.Heads, nameof(ViT));
        Compare("the predictor", PredictorKey, model.Predictor.Heads, nameof(PredictorOptions));
        return problems;

        void Compare(string network, string key, int heads, string setting)
        {
            if (metadata.TryGetValue(key, out string? text) && Heads(text) is { } told && told != heads)
            {
                problems.Add($"{network} has {told} attention heads in the file and {heads} in the model; set {setting}.Heads to {told}");
            }
        }
    }

    private static int? Heads(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(nameof(ViT.Heads), out JsonElement heads) && heads.ValueKind == JsonValueKind.Number
                && heads.TryGetInt32(out int number) ? number : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
