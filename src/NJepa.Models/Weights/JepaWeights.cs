using System.Globalization;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>A whole model's weights under the names of a PyTorch state dict, each module with its prefix.</summary>
internal static class JepaWeights
{
    public static void Save(JepaModel model, string path)
    {
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile.Write(path, [.. Parameters(model), .. Tables(model)], Metadata(model.Configuration));
    }

    /// <summary>What stands beside the weights in a file of them.</summary>
    public static Dictionary<string, string> Metadata(JepaConfiguration configuration) => new()
    {
        ["format"] = "pt",
        [EncoderWeights.ContentKey] = "model",
        ["njepa.seed"] = configuration.Seed.ToString(CultureInfo.InvariantCulture),
        ["njepa.recipe"] = configuration.Recipe.Name,
        [EncoderWeights.ConfigurationKey] = JsonSerializer.Serialize(configuration.Encoder),
        [ToldHeads.PredictorKey] = JsonSerializer.Serialize(configuration.Predictor),
    };

    public static void Load(JepaModel model, string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using DisposeScope scope = NewDisposeScope();
        IReadOnlyList<string> problems = ToldHeads.Problems(file.Metadata, model.Configuration);
        if (problems.Count > 0)
        {
            throw new WeightsException($"{path} is of another model; nothing was changed.\n- {string.Join("\n- ", problems)}");
        }

        var reader = new WeightsReader(file);
        foreach ((string name, Tensor value) in Parameters(model))
        {
            reader.Expect(name, value);
        }

        foreach ((string name, Tensor value) in Tables(model))
        {
            reader.AllowTable(name, value);
        }

        reader.Copy();
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> Parameters(JepaModel model) =>
        model.Parameters.Parameters.Concat(model.TeacherParameters.Parameters).Select(parameter => KeyValuePair.Create(parameter.Name, parameter.Value));

    /// <summary>The position tables, which a scope of the caller frees.</summary>
    public static IEnumerable<KeyValuePair<string, Tensor>> Tables(JepaModel model)
    {
        yield return KeyValuePair.Create(ParameterLayout.Student + "pos_embed", model.Student.PositionsLD.unsqueeze(0));
        yield return KeyValuePair.Create(ParameterLayout.TargetEncoder + "pos_embed", model.Teacher.PositionsLD.unsqueeze(0));
        yield return KeyValuePair.Create(ParameterLayout.Clean + "predictor_pos_embed", model.CleanPredictor.PositionsLP.unsqueeze(0));
        if (model.NoisyPredictor is { } noisy)
        {
            yield return KeyValuePair.Create(ParameterLayout.Noisy + "predictor_pos_embed", noisy.PositionsLP.unsqueeze(0));
        }
    }
}
