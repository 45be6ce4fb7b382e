using TorchSharp;

namespace NJepa.Evaluation.Tests;

public sealed class PatchFeaturePcaTests : TensorTest
{
    /// <summary>Patches along three known directions of eight, with variances 100, 25 and 4 and a skewed spread.</summary>
    private static readonly float[] Patches = Make(400);

    [Fact]
    public void Tensors_without_values_are_refused()
    {
        using torch.Tensor meta = torch.zeros(1, 2, 3, device: torch.META);
        torch.Tensor disposed = torch.zeros(1, 2, 3);
        disposed.Dispose();
        foreach (torch.Tensor wrong in new[] { meta, disposed })
        {
            Action fit = () => PatchFeaturePca.Fit(wrong);
            fit.Should().Throw<ArgumentException>().WithMessage("The patches' tensor has been disposed, is sparse or has no values; *");
        }
    }

    [Fact]
    public void Colours_are_the_first_three_components_from_their_lowest_to_their_highest()
    {
        byte[] colours = PatchFeaturePca.Fit(Patches, 8).ToRgb(Patches);

        colours.Should().HaveCount(400 * 3);
        for (int c = 0; c < 3; c++)
        {
            double[] truth = [.. Enumerable.Range(0, 400).Select(i => (double)Patches[(i * 8) + (2 * c)])];
            double[] shown = [.. Enumerable.Range(0, 400).Select(i => (double)colours[(i * 3) + c])];
            Correlation(truth, shown).Should().BeGreaterThan(0.95, "only the clipped ends of the scale may bend it");
            shown.Min().Should().Be(0);
            shown.Max().Should().Be(255);
        }
    }

    [Fact]
    public void The_explained_variance_is_the_share_of_each_component()
    {
        IReadOnlyList<double> explained = PatchFeaturePca.Fit(Patches, 8).ExplainedVariance;

        explained.Should().HaveCount(3).And.BeInDescendingOrder();
        explained.Sum().Should().BeInRange(0.99, 1);
        explained[0].Should().BeApproximately(100 / 129.0, 0.05);
    }

    [Fact]
    public void An_encoder_that_gives_the_opposite_features_gives_the_same_picture_when_a_reference_decides_the_signs()
    {
        float[] brightness = [.. Enumerable.Range(0, 400).Select(i => Patches[i * 8] + Patches[(i * 8) + 2] + Patches[(i * 8) + 4])];
        float[] opposite = Array.ConvertAll(Patches, x => -x);

        byte[] before = PatchFeaturePca.Fit(Patches, 8, brightness).ToRgb(Patches);
        byte[] after = PatchFeaturePca.Fit(opposite, 8, brightness).ToRgb(opposite);

        Enumerable.Range(0, before.Length).Max(i => Math.Abs(before[i] - after[i])).Should().BeLessThanOrEqualTo(1);
    }

    [Fact]
    public void A_reference_turned_round_turns_the_colours_round()
    {
        float[] brightness = [.. Enumerable.Range(0, 400).Select(i => Patches[i * 8])];

        byte[] along = PatchFeaturePca.Fit(Patches, 8, brightness).ToRgb(Patches);
        byte[] against = PatchFeaturePca.Fit(Patches, 8, Array.ConvertAll(brightness, b => -b)).ToRgb(Patches);

        Enumerable.Range(0, 400).Max(i => Math.Abs(255 - along[3 * i] - against[3 * i])).Should().BeLessThanOrEqualTo(1);
    }

    [Fact]
    public void Without_a_reference_the_longer_tail_is_bright()
    {
        // All three hidden directions are exponentially distributed: many dark patches, few bright ones.
        byte[] colours = PatchFeaturePca.Fit(Patches, 8).ToRgb(Patches);

        for (int c = 0; c < 3; c++)
        {
            Enumerable.Range(0, 400).Count(i => colours[(i * 3) + c] < 128).Should().BeGreaterThan(300);
        }
    }

    [Fact]
    public void Collapsed_features_are_grey()
    {
        float[] same = [.. Enumerable.Range(0, 80).Select(i => (i % 8) + 0.1f)];

        PatchFeaturePca pca = PatchFeaturePca.Fit(same, 8);

        pca.ToRgb(same).Should().OnlyContain(c => c == 128);
        pca.ExplainedVariance.Should().Equal(0, 0, 0);
    }

    [Fact]
    public void A_component_without_variance_is_grey()
    {
        float[] oneDirection = [.. Enumerable.Range(0, 80).Select(i => i % 4 == 0 ? (float)i : 1)];

        byte[] colours = PatchFeaturePca.Fit(oneDirection, 4).ToRgb(oneDirection);

        Enumerable.Range(0, 20).Select(i => colours[(i * 3) + 1]).Should().OnlyContain(c => c == 128);
        Enumerable.Range(0, 20).Select(i => colours[i * 3]).Distinct().Count().Should().BeGreaterThan(10);
    }

    [Fact]
    public void Tensors_give_the_same_colours()
    {
        using torch.Tensor patchesNLD = torch.tensor(Patches, [25, 16, 8]);

        PatchFeaturePca.Fit(patchesNLD).ToRgb(patchesNLD).Should().Equal(PatchFeaturePca.Fit(Patches, 8).ToRgb(Patches));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using torch.Tensor flat = torch.zeros(4, 8);
        using torch.Tensor narrow = torch.zeros(1, 4, 6);

        ((Action)(() => PatchFeaturePca.Fit(Patches, 2))).Should().Throw<ArgumentOutOfRangeException>();
        ((Action)(() => PatchFeaturePca.Fit(Patches.AsSpan(1), 8))).Should().Throw<ArgumentException>().WithMessage(
            "There are 3199 values, which is no multiple of the width 8; give whole patches [N,L,D]. (Parameter 'patches')");
        ((Action)(() => PatchFeaturePca.Fit(Patches.AsSpan(0, 8), 8))).Should().Throw<EvaluationException>().WithMessage(
            "There are 1 patches; principal components need at least 2.");
        ((Action)(() => PatchFeaturePca.Fit(Patches, 8, [1, 2]))).Should().Throw<ArgumentException>().WithMessage(
            "The reference has 2 numbers for 400 patches; give one per patch, or none. (Parameter 'reference')");
        ((Action)(() => PatchFeaturePca.Fit(flat))).Should().Throw<ArgumentException>().WithMessage(
            "The tensor has 2 dimensions; patch features have three: [N,L,D]. (Parameter 'patchesNLD')");
        ((Action)(() => PatchFeaturePca.Fit(Patches, 8).ToRgb(narrow))).Should().Throw<ArgumentException>().WithMessage(
            "The patches have 6 features; the components were fitted on 8. (Parameter 'patchesNLD')");
    }

    private static float[] Make(int count)
    {
        var random = new Random(11);
        double[] scale = [10, 0, 5, 0, 2, 0, 0, 0];
        return [.. Enumerable.Range(0, count * 8).Select(i => (float)((scale[i % 8] * -Math.Log(1 - random.NextDouble())) + (0.01 * Features.Normal(random)) + 3))];
    }

    private static double Correlation(double[] a, double[] b)
    {
        double ma = a.Average();
        double mb = b.Average();
        return a.Zip(b).Sum(p => (p.First - ma) * (p.Second - mb)) / Math.Sqrt(a.Sum(x => (x - ma) * (x - ma)) * b.Sum(x => (x - mb) * (x - mb)));
    }
}
