using System.Text.Json;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>Writes whole models as the I-JEPA authors' checkpoints are laid out.</summary>
internal static class ModelExporter
{
    /// <summary>The wrapper of data-parallel training, which the checkpoints were saved with.</summary>
    public const string Wrapper = "module.";

    public static void Save(JepaModel model, string path)
    {
        using DisposeScope scope = NewDisposeScope();
        var modules = new Dictionary<string, object>();
        IEnumerable<KeyValuePair<string, Tensor>> all = JepaWeights.Tables(model)
            .Concat(model.Parameters.Parameters.Concat(model.TeacherParameters.Parameters).Select(parameter => KeyValuePair.Create(parameter.Name, parameter.Value)));
        foreach (IGrouping<string, KeyValuePair<string, Tensor>> group in all.GroupBy(pair => pair.Key.Split('.')[0]))
        {
            modules[group.Key] = Module(group.Select(pair => KeyValuePair.Create(pair.Key[(group.Key.Length + 1)..], pair.Value)));
        }

        modules["epoch"] = 0;
        modules[EncoderWeights.ConfigurationKey] = JsonSerializer.Serialize(model.Configuration.Encoder);
        modules[ToldHeads.PredictorKey] = JsonSerializer.Serialize(model.Configuration.Predictor);
        PyTorchFile.Write(path, modules);
    }

    public static Dictionary<string, object> Module(IEnumerable<KeyValuePair<string, Tensor>> tensors) => tensors.ToDictionary(pair => Wrapper + pair.Key, object (pair) => pair.Value);
}
