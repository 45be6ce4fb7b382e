using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>Fills a model that is in use; what does not fit changes nothing.</summary>
internal static class ModelImporter
{
    private const double TableTolerance = 0.01;
    private static readonly string[] Wrappers = [ModelExporter.Wrapper, ""];

    public static WeightsReport Load(JepaModel model, TensorFile file)
    {
        var matcher = new WeightsMatcher(file);
        matcher.Problems.AddRange(ToldHeads.Problems(file.Metadata, model.Configuration));
        string[] modules = [ParameterLayout.Student, ParameterLayout.TargetEncoder, ParameterLayout.Clean, ParameterLayout.Noisy];
        Dictionary<string, string?> prefixes = modules.ToDictionary(module => module, module => Prefix(file, module));
        bool copyPredictor = model.HasNoisyPredictor && prefixes[ParameterLayout.Noisy] is null;
        using DisposeScope scope = NewDisposeScope();
        foreach (ModelParameter parameter in model.Parameters.Parameters.Concat(model.TeacherParameters.Parameters))
        {
            string module = parameter.Name[..(parameter.Name.IndexOf('.') + 1)];
            string source = copyPredictor && module == ParameterLayout.Noisy ? ParameterLayout.Clean : module;
            matcher.Expect(parameter.Name, parameter.Value, (prefixes[source] ?? source) + parameter.Name[module.Length..]);
        }

        foreach ((string name, Tensor table) in JepaWeights.Tables(model))
        {
            string module = name[..(name.IndexOf('.') + 1)];
            CheckTable(file, matcher, (prefixes[module] ?? module) + name[module.Length..], table);
        }

        if (copyPredictor)
        {
            matcher.Notes.Add("the checkpoint has no noisy predictor; the model's begins as a copy of the clean one");
        }

        string[] unread = [.. file.Entries.Select(entry => entry.Name).Where(name => !matcher.HasRead(name))];
        string[] own = [.. unread.Where(name => modules.Any(module => name.StartsWith(module, StringComparison.Ordinal)))];
        matcher.Problems.AddRange(own.Select(name => $"'{name}' is not part of the model"));
        WeightNaming naming = file.Metadata.ContainsKey(EncoderWeights.ContentKey) ? WeightNaming.NJepa : WeightNaming.IJepa;
        var report = new WeightsReport(file.Path, naming, "", [.. matcher.Matched], [.. matcher.Problems], [.. unread.Except(own).Select(name => $"'{name}' is not part of the model")], [.. matcher.Notes]);
        return Finish(model, matcher, report);
    }

    public static WeightsReport LoadEncoder(JepaModel model, TensorFile file, string? module)
    {
        ViT size = model.Configuration.Encoder;
        var importer = new EncoderImporter(file, new EncoderImportOptions { Module = module, Heads = size.Heads, ImageSize = size.ImageSize });
        if (importer.Size.NormAfterPooling)
        {
            throw new WeightsException($"{file.Path} holds an encoder whose final norm comes after pooling (fc_norm); a model in pretraining predicts patch features, each of which is normalised. Nothing was changed. Use the encoder itself: PretrainedEncoder.Load.");
        }

        if (importer.Size with { Name = size.Name, MlpRatio = size.MlpRatio } != size || importer.Size.MlpWidth != size.MlpWidth)
        {
            throw new WeightsException(
                $"{file.Path} holds another network than the model's; nothing was changed.\n- file: {importer.Size}\n- model: {size}\nBuild the model with the file's sizes: JepaBuilder.WithEncoder(...).");
        }

        if (importer.Positions(size) is not null)
        {
            importer.Matcher.Problems.Add("its positions are not the sin-cos table of the grid, which is the only one that a model in pretraining has");
        }

        importer.Match(model.Parameters, ParameterLayout.Student);
        importer.Match(model.TeacherParameters, ParameterLayout.TargetEncoder);
        return Finish(model, importer.Matcher, importer.Report());
    }

    private static WeightsReport Finish(JepaModel model, WeightsMatcher matcher, WeightsReport report)
    {
        if (!report.IsComplete)
        {
            throw new WeightsException($"{report}\nNothing was changed. Build the model with the sizes of the checkpoint.");
        }

        matcher.Copy();
        model.RefreshWeights();
        return report with { Notes = [.. matcher.Notes] };
    }

    // 'predictor.' is kept as 'predictor.module.' or as it is.
    private static string? Prefix(TensorFile file, string module) => Wrappers.Select(wrapper => module + wrapper)
        .FirstOrDefault(prefix => file.Entries.Any(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal)));

    private static void CheckTable(TensorFile file, WeightsMatcher matcher, string name, Tensor table)
    {
        matcher.MarkRead(name);
        if (file.Find(name) is not { } entry)
        {
            return;
        }

        if (!entry.Shape.SequenceEqual(table.shape))
        {
            matcher.Problems.Add($"'{name}' has shape [{string.Join(",", entry.Shape)}] in the file and [{string.Join(",", table.shape)}] in the model");
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        using Scalar minusOne = (-1).ToScalar();
        double difference = file.Read(name).to_type(ScalarType.Float64).add(table.cpu().to_type(ScalarType.Float64), minusOne).abs().max().item<double>();
        if (!(difference <= TableTolerance))
        {
            matcher.Problems.Add(FormattableString.Invariant($"'{name}' differs by up to {difference:0.###} from the sin-cos table of the model, whose positions are fixed"));
        }
    }
}
