using NJepa.Models;
using TorchSharp;

namespace NJepa.Evaluation.Tests;

public sealed class PatchFeatureSetTests : TensorTest
{
    private static readonly ViT Small = ViT.Nano4 with { ImageSize = 16, Depth = 2, Width = 24, Heads = 2 };

    [Theory]
    [InlineData(PatchPrecision.Float32, 1e-5)]
    [InlineData(PatchPrecision.Float16, 4e-3)]
    public void Extracted_patches_are_those_of_the_encoder_in_order(PatchPrecision precision, double tolerance)
    {
        BitmapSource source = BitmapSource.Random(9, 16, seed: 1, "cat", "dog").Damaged(4);
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 3);
        var told = new List<double>();

        PatchFeatureSet set = FeatureExtractor.ExtractPatches(
            encoder, source, new() { Loading = new() { BatchSize = 4, MaxBadImageShare = 0.5 } }, new() { Precision = precision }, new Told(told.Add));

        (set.Count, set.Patches, set.Width, set.Precision).Should().Be((8, 16, 24, precision));
        set.Bytes.Should().Be(8 * 16 * 24 * (precision == PatchPrecision.Float16 ? 2 : 4));
        set.SourceIndices.Should().Equal(0, 1, 2, 3, 5, 6, 7, 8);
        set.Labels.Should().Equal(0, 1, 0, 1, 1, 0, 1, 0);
        set.ClassNames.Should().Equal("cat", "dog");
        set.ClassCounts.Should().Equal(4, 4);
        told[^1].Should().Be(1);
        for (int i = 0; i < 8; i++)
        {
            using torch.Tensor image = ImageNormalization.ImageNet.ToTensor(source.Pixels(set.SourceIndices[i]), 1, 16, 16, torch.CPU);
            using torch.Tensor patches = encoder.Encode(image);
            set.ToArray(i).Zip(patches.data<float>().ToArray()).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < tolerance);
        }

        using torch.Tensor gathered = set.Gather([5, 0]);
        gathered.shape.Should().Equal(2, 16, 24);
        gathered.data<float>().ToArray().Should().Equal([.. set.ToArray(5), .. set.ToArray(0)]);
    }

    [Fact]
    public void The_mean_over_the_patches_is_what_a_linear_probe_sees()
    {
        BitmapSource source = BitmapSource.Random(6, 16, seed: 1, "cat", "dog");
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 3);

        FeatureSet pooled = FeatureExtractor.Extract(encoder, source), mean = FeatureExtractor.ExtractPatches(encoder, source, cache: new() { Precision = PatchPrecision.Float32 }).MeanOverPatches();

        mean.Labels.Should().Equal(pooled.Labels);
        mean.SourceIndices.Should().Equal(pooled.SourceIndices);
        mean.Values.Zip(pooled.Values).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-5);
    }

    [Fact]
    public void More_bytes_than_allowed_are_refused_before_an_image_is_read()
    {
        // Every image is damaged: reading one would be noticed.
        BitmapSource source = BitmapSource.Random(9, 16, seed: 1, "cat", "dog").Damaged(0, 1, 2, 3, 4, 5, 6, 7, 8);
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 3);

        Action half = () => FeatureExtractor.ExtractPatches(encoder, source, cache: new() { MaximumBytes = 5000 });
        half.Should().Throw<EvaluationException>().WithMessage(
            "The patch features of 9 images x 16 patches x 24 channels in Float16 need 6912 bytes, more than PatchCacheOptions.MaximumBytes = 5000. "
            + "To go on, take at most 6 images (source.TakePerClass, source.Subset), or raise MaximumBytes if the machine has the memory.");
        Action whole = () => FeatureExtractor.ExtractPatches(encoder, source, cache: new() { MaximumBytes = 1000, Precision = PatchPrecision.Float32 });
        whole.Should().Throw<EvaluationException>().WithMessage("*need 13824 bytes*To go on, use PatchPrecision.Float16 (half the bytes), take an encoder with fewer patches or channels, or raise MaximumBytes*");
    }

    [Fact]
    public void Options_that_cannot_be_used_are_refused()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small, seed: 3);
        BitmapSource source = BitmapSource.Random(2, 16, seed: 1, "cat", "dog");

        Action layers = () => FeatureExtractor.ExtractPatches(encoder, source, new() { LastLayers = 2 });
        layers.Should().Throw<ArgumentException>().WithMessage("FeatureExtractionOptions.LastLayers is 2; patch features come from the last layer alone, so it must be 1.*");
        Action cache = () => FeatureExtractor.ExtractPatches(encoder, source, cache: new() { MaximumBytes = 0, Precision = (PatchPrecision)7 });
        cache.Should().Throw<ArgumentException>().WithMessage("The patch-cache options are not valid: Precision is 7; it must be one of Float16, Float32. MaximumBytes is 0; it must be at least 1.*");
    }

    [Fact]
    public void Numbers_that_their_type_cannot_hold_are_refused()
    {
        Action large = () => Of([1, 2, 70000, 4], PatchPrecision.Float16);
        large.Should().Throw<EvaluationException>().WithMessage("A patch feature is too large for Float16, which ends at 65504: channel 0 of patch 1 (counted over all images) is 70000. Use PatchPrecision.Float32.");
        Of([1, 2, 70000, 4], PatchPrecision.Float32).ToArray(1)[0].Should().Be(70000);
        foreach (PatchPrecision precision in Enum.GetValues<PatchPrecision>())
        {
            Action nan = () => Of([1, 2, 3, float.NaN], precision);
            nan.Should().Throw<EvaluationException>().WithMessage("A patch feature is not finite: channel 1 of patch 1 (counted over all images) is NaN.*");
        }

        static PatchFeatureSet Of(float[] values, PatchPrecision precision) => new(values, 1, 2, [0, 1], ["a", "b"], new() { Precision = precision });
    }

    [Fact]
    public void Numbers_that_do_not_fit_together_are_all_listed()
    {
        Action build = () => _ = new PatchFeatureSet(new float[7], 2, 2, [0, 5], ["a", "a"]);
        build.Should().Throw<ArgumentException>().WithMessage(
            "The patch features are not valid: There are 7 values, but 2 labels x 2 patches x width 2 makes 8. Label 1 is 5; with 2 classes it must be from 0 to 1, or -1 for an unlabelled image. Class names must differ; repeated: 'a'.*");
        Action empty = () => _ = new PatchFeatureSet([], 0, 0, [], []);
        empty.Should().Throw<ArgumentException>().WithMessage("*There are 0 patches; there must be at least 1. The width is 0; it must be at least 1. There are no labels, so no images; give at least one image.*");
    }

    [Fact]
    public void A_selection_keeps_features_labels_and_places()
    {
        PatchFeatureSet set = MarkedPatches.Draw(4, 3, 5, seed: 1);
        PatchFeatureSet chosen = set.Select([7, 2, 7]).Select([0, 1]);

        chosen.SourceIndices.Should().Equal(7, 2);
        chosen.Labels.Should().Equal(set.Labels[7], set.Labels[2]);
        chosen.ToArray(1).Should().Equal(set.ToArray(2));
        chosen.ClassCounts.Should().Equal(0, 1, 1);
        set.ToString().Should().Be("12 images x 5 patches x 16 channels in Float16 (1920 bytes), 3 classes");

        Action none = () => set.Select([]), beyond = () => set.Select([12]), row = () => set.ToArray(-1);
        none.Should().Throw<ArgumentException>().WithMessage("No image was chosen; give at least one index.*");
        beyond.Should().Throw<ArgumentOutOfRangeException>().WithMessage("There are 12 images; the index must be from 0 to 11.*");
        row.Should().Throw<ArgumentOutOfRangeException>();
    }

    private sealed class Told(Action<double> tell) : IProgress<double>
    {
        public void Report(double value) => tell(value);
    }
}
