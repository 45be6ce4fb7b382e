using NJepa.Masking;
using TorchSharp;

namespace NJepa.Evaluation.Tests;

public sealed class PatchSimilarityTests : TensorTest
{
    private static readonly PatchGrid Grid = new(2, 3);

    [Fact]
    public void Cosines_are_those_of_the_features_without_the_mean_of_the_image()
    {
        float[] patches = Random(2 * 6 * 4);

        foreach (PatchCentring centring in Enum.GetValues<PatchCentring>())
        {
            PatchSimilarity similarity = PatchSimilarity.Of(patches, 4, Grid, centring);
            (similarity.Count, similarity.Width, similarity.Grid).Should().Be((2, 4, Grid));
            for (int other = 0; other < 2; other++)
            {
                float[] cosines = similarity.Between(1, 1, 0, other);
                for (int patch = 0; patch < 6; patch++)
                {
                    ((double)cosines[patch]).Should().BeApproximately(Cosine(Centred(patches, 1, 3, centring), Centred(patches, other, patch, centring)), 1e-6);
                }
            }
        }
    }

    [Fact]
    public void A_patch_is_the_same_as_itself_and_a_common_part_does_not_matter()
    {
        float[] patches = Random(6 * 4);
        float[] shifted = [.. patches.Select((value, i) => value + (1000 * (i % 4)))];

        float[] cosines = PatchSimilarity.Of(patches, 4, Grid, PatchCentring.Image).To(0, 0, 2);

        cosines.Should().HaveCount(6).And.OnlyContain(cosine => cosine >= -1 && cosine <= 1);
        cosines[2].Should().BeApproximately(1, 1e-6f);
        PatchSimilarity.Of(shifted, 4, Grid, PatchCentring.Image).To(0, 0, 2).Zip(cosines).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 2e-3);
    }

    [Fact]
    public void Patches_that_are_all_alike_have_no_direction()
    {
        float[] same = [.. Enumerable.Range(0, 6 * 4).Select(i => 1 + (i % 4 / 3f))];

        PatchSimilarity.Of(same, 4, Grid, PatchCentring.Image).To(0, 1, 1).Should().OnlyContain(cosine => cosine == 0);
        PatchSimilarity.Of(same, 4, Grid, PatchCentring.None).To(0, 1, 1).Should().OnlyContain(cosine => Math.Abs(cosine - 1) < 1e-6);
        PatchSimilarity.Of(new float[6 * 4], 4, Grid, PatchCentring.None).To(0, 1, 1).Should().OnlyContain(cosine => cosine == 0);
    }

    [Fact]
    public void A_tensor_gives_what_its_numbers_give()
    {
        float[] patches = Random(2 * 6 * 4);
        using torch.Tensor patchesNLD = torch.tensor(patches, 2, 6, 4);

        PatchSimilarity.Of(patchesNLD, Grid).To(1, 0, 1).Should().Equal(PatchSimilarity.Of(patches, 4, Grid, PatchCentring.Image).To(1, 0, 1));
        PatchSimilarity.Of(patchesNLD, Grid, PatchCentring.Set).To(1, 0, 1).Should().Equal(PatchSimilarity.Of(patches, 4, Grid, PatchCentring.Set).To(1, 0, 1));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using torch.Tensor flat = torch.zeros(6, 4), other = torch.zeros(1, 5, 4), meta = torch.zeros(1, 6, 4, device: torch.META);
        Refused<ArgumentException>(() => PatchSimilarity.Of(flat, Grid), "The tensor has 2 dimensions; patch features have three: [N,L,D].*");
        Refused<ArgumentException>(() => PatchSimilarity.Of(meta, Grid), "The patches' tensor has been disposed, is sparse or has no values; *");
        Refused<ArgumentException>(() => PatchSimilarity.Of(other, Grid), "The images have 5 patches, but the grid has 6; give the grid of the encoder that made them, encoder.Configuration.Grid.*");
        Refused<ArgumentException>(() => PatchSimilarity.Of(new float[25], 4, Grid, PatchCentring.Image), "There are 25 values; 6 patches x 4 features are 24 for an image. Give one whole image or more [N,L,D].*");
        Refused<ArgumentException>(() => PatchSimilarity.Of([], 4, Grid, PatchCentring.Image), "There are 0 values; *");
        Refused<ArgumentOutOfRangeException>(() => PatchSimilarity.Of(new float[24], 0, Grid, PatchCentring.Image), "*width*");
        Refused<ArgumentOutOfRangeException>(() => PatchSimilarity.Of(new float[24], 4, Grid, (PatchCentring)9), "The centring is 9; it must be Image, Set, None.*");
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            float[] values = new float[48];
            values[24 + 9] = bad;
            Refused<EvaluationException>(() => PatchSimilarity.Of(values, 4, Grid, PatchCentring.Image), "Feature 1 of patch 2 of image 1 is *; every feature must be finite. *");
        }

        PatchSimilarity similarity = PatchSimilarity.Of(new float[24], 4, Grid, PatchCentring.Image);
        Refused<ArgumentOutOfRangeException>(() => similarity.To(1, 0, 0), "There are 1 images; image must be from 0 to 0.*");
        Refused<ArgumentOutOfRangeException>(() => similarity.To(0, 2, 0), "There are 2 rows of patches; row must be from 0 to 1.*");
        Refused<ArgumentOutOfRangeException>(() => similarity.To(0, 0, -1), "There are 3 columns of patches; column must be from 0 to 2.*");
        Refused<ArgumentOutOfRangeException>(() => similarity.Between(0, 0, 0, 5), "There are 1 images; otherImage must be from 0 to 0.*");

        static void Refused<T>(Action act, string message)
            where T : Exception => act.Should().Throw<T>().WithMessage(message);
    }

    private static float[] Random(int count)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) + 3))];
    }

    private static double[] Centred(float[] patches, int image, int patch, PatchCentring centring) =>
    [
        .. Enumerable.Range(0, 4).Select(d => patches[(((image * 6) + patch) * 4) + d] - centring switch
        {
            PatchCentring.Image => Enumerable.Range(0, 6).Average(p => (double)patches[(((image * 6) + p) * 4) + d]),
            PatchCentring.Set => Enumerable.Range(0, 12).Average(p => (double)patches[(p * 4) + d]),
            _ => 0,
        }),
    ];

    private static double Cosine(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));
}
