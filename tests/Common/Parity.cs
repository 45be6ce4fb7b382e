using FluentAssertions;
using NJepa.Masking;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Tests;

/// <summary>Comparison with numbers of the reference implementation (see Fixtures).</summary>
internal static class Parity
{
    public static string PathOf(string fixture) => Path.Combine(AppContext.BaseDirectory, "Fixtures", fixture);

    /// <summary>The tiny model of the fixtures: 32 px, patch 4, width 48, depth 2, 3 heads, predictor 24 x 2.</summary>
    public static JepaBuilder TinyModel() => JepaBuilder
        .WithEncoder(new ViT { Name = "tiny", ImageSize = 32, PatchSize = 4, Width = 48, Depth = 2, Heads = 3 })
        .WithPredictor(new PredictorOptions { Width = 24, Depth = 2, Heads = 3 })
        .WithMasking(MultiBlockMasking.Reference with { MinKeep = 4 });

    /// <summary>Copies the fixture's weights into the model, parameter by parameter, from names that start with <paramref name="prefix"/>.</summary>
    public static void LoadInto(JepaModel model, SafetensorsFile file, string prefix = "")
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach (ModelParameter parameter in model.Parameters.Parameters)
        {
            parameter.Value.copy_(file.Read(prefix + parameter.Name));
        }

        foreach (ModelParameter parameter in model.TeacherParameters.Parameters)
        {
            string name = prefix + parameter.Name;
            parameter.Value.copy_(file.Read(file.Find(name) is null ? name.Replace("target_encoder.", "encoder.", StringComparison.Ordinal) : name));
        }
    }

    /// <summary>Masks given as [B,K] per context block and [B,T] per target block; several context blocks enlarge the batch, block after block.</summary>
    public static MaskBatch Masks(SafetensorsFile file, string prefix, PatchGrid grid)
    {
        List<long[]> contexts = ReadAll(file, prefix + "masks_enc."), targets = ReadAll(file, prefix + "masks_pred.");
        int images = (int)file.Find(prefix + "masks_enc.0")!.Shape[0];
        int length = targets[0].Length / images;
        IEnumerable<int> perImage = Enumerable.Range(0, images)
            .SelectMany(image => targets.SelectMany(block => block.Skip(image * length).Take(length)))
            .Select(patch => (int)patch);
        int[] repeated = [.. Enumerable.Repeat(perImage.ToArray(), contexts.Count).SelectMany(patches => patches)];
        return new MaskBatch(grid, images * contexts.Count, targets.Count, [.. contexts.SelectMany(context => context).Select(patch => (int)patch)], repeated);
    }

    public static void ShouldMatch(Tensor actual, Tensor expected, double absolute, double relative = 0, string what = "")
    {
        using DisposeScope scope = NewDisposeScope();
        actual.NumberOfElements.Should().Be(expected.NumberOfElements, what);
        Tensor a = actual.detach().to_type(ScalarType.Float64).flatten(), e = expected.detach().to_type(ScalarType.Float64).flatten();
        Tensor excess = (a - e).abs() - (e.abs() * relative);
        double worst = excess.max().item<double>();
        double.IsFinite(a.sum().item<double>()).Should().BeTrue(what);
        worst.Should().BeLessThanOrEqualTo(absolute, "of {0}, whose largest difference is {1}", what, (a - e).abs().max().item<double>());
    }

    private static List<long[]> ReadAll(SafetensorsFile file, string prefix)
    {
        var all = new List<long[]>();
        for (int i = 0; file.Find(prefix + i) is not null; i++)
        {
            using Tensor values = file.Read(prefix + i);
            all.Add(values.data<long>().ToArray());
        }

        return all;
    }
}
