using NJepa.Data;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Evaluation.Tests;

public sealed class FeatureExtractorTests : TensorTest
{
    private static readonly ViT Small = ViT.Nano4 with { ImageSize = 16, Depth = 2, Width = 24, Heads = 2 };

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(128)]
    public void Features_are_the_pooled_patches_of_every_image_in_order(int batchSize)
    {
        BitmapSource source = BitmapSource.Random(9, 16, seed: 1, "cat", "dog");
        using ViTEncoder encoder = NewEncoder(seed: 3);

        FeatureSet features = FeatureExtractor.Extract(encoder, source, new() { Loading = new() { BatchSize = batchSize } });

        features.Width.Should().Be(24);
        features.Labels.Should().Equal(0, 1, 0, 1, 0, 1, 0, 1, 0);
        features.ClassNames.Should().Equal("cat", "dog");
        features.SourceIndices.Should().Equal(0, 1, 2, 3, 4, 5, 6, 7, 8);
        for (int i = 0; i < 9; i++)
        {
            using torch.Tensor image = ImageNormalization.ImageNet.ToTensor(source.Pixels(i), 1, 16, 16, torch.CPU);
            using torch.Tensor pooled = encoder.EncodePooled(image);
            features.Row(i).ToArray().Zip(pooled.data<float>().ToArray()).Should().OnlyContain(p => Math.Abs(p.First - p.Second) < 1e-5);
        }
    }

    [Fact]
    public void Features_of_several_layers_end_with_those_of_the_last()
    {
        BitmapSource source = BitmapSource.Random(9, 16, seed: 1, "cat", "dog");
        using ViTEncoder encoder = NewEncoder(seed: 3);

        FeatureSet last = FeatureExtractor.Extract(encoder, source), both = FeatureExtractor.Extract(encoder, source, new() { LastLayers = 2 });

        both.Width.Should().Be(48);
        for (int i = 0; i < 9; i++)
        {
            both.Row(i)[24..].ToArray().Should().Equal(last.Row(i).ToArray());
        }
    }

    [Fact]
    public void A_stream_gives_the_same_features_batch_by_batch()
    {
        BitmapSource source = BitmapSource.Random(9, 16, seed: 1, "cat", "dog");
        using ViTEncoder encoder = NewEncoder(seed: 3);
        var options = new FeatureExtractionOptions { Loading = new() { BatchSize = 4 }, LastLayers = 2 };
        FeatureSet whole = FeatureExtractor.Extract(encoder, source, options);

        IEnumerable<FeatureSet> stream = FeatureExtractor.Stream(encoder, source, options);

        stream.Select(part => part.Count).Should().Equal(4, 4, 1);
        stream.SelectMany(part => part.Values).Should().Equal(whole.Values);
        stream.SelectMany(part => part.Labels).Should().Equal(whole.Labels);
        stream.SelectMany(part => part.SourceIndices).Should().Equal(whole.SourceIndices);
        stream.Should().OnlyContain(part => part.ClassNames.SequenceEqual(whole.ClassNames) && part.Width == 48);
    }

    [Fact]
    public void A_stream_checks_its_arguments_before_it_is_enumerated()
    {
        using ViTEncoder encoder = NewEncoder();
        Action stream = () => FeatureExtractor.Stream(encoder, BitmapSource.Random(2, 16, seed: 1, "cat", "dog"), new() { LastLayers = 3 });
        stream.Should().Throw<ArgumentException>().WithMessage("FeatureExtractionOptions.LastLayers is 3; the encoder has 2 layers, so it must be from 1 to 2.*");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Layers_that_the_encoder_does_not_have_are_refused(int lastLayers)
    {
        using ViTEncoder encoder = NewEncoder();
        Action extract = () => FeatureExtractor.Extract(encoder, BitmapSource.Random(2, 16, seed: 1, "cat", "dog"), new() { LastLayers = lastLayers });
        extract.Should().Throw<ArgumentException>().WithMessage($"FeatureExtractionOptions.LastLayers is {lastLayers}; the encoder has 2 layers, so it must be from 1 to 2.*");
    }

    [Fact]
    public void An_image_that_cannot_be_read_is_left_out_and_the_others_keep_their_place()
    {
        BitmapSource source = BitmapSource.Random(20, 16, seed: 1, "cat", "dog");
        using ViTEncoder encoder = NewEncoder();

        FeatureSet whole = FeatureExtractor.Extract(encoder, source);
        FeatureSet part = FeatureExtractor.Extract(encoder, source.Damaged(7, 8), new() { Loading = new() { BatchSize = 5 } });

        part.SourceIndices.Should().Equal(Enumerable.Range(0, 20).Except([7, 8]));
        part.Labels.Should().Equal(part.SourceIndices.Select(i => i % 2));
        part.Row(7).ToArray().Zip(whole.Row(9).ToArray()).Should().OnlyContain(p => Math.Abs(p.First - p.Second) < 1e-5);
    }

    [Fact]
    public void When_no_image_can_be_read_the_error_says_so()
    {
        BitmapSource source = BitmapSource.Random(2, 16, seed: 1, "cat", "dog").Damaged(0, 1);
        using ViTEncoder encoder = NewEncoder();

        Action act = () => FeatureExtractor.Extract(encoder, source, new() { Loading = new() { MaxBadImageShare = 1 } });

        act.Should().Throw<EvaluationException>().WithMessage(
            "None of the 2 images can be read; the first is image0.bmp: *. Check that the files are JPEG, PNG, WebP or BMP images.");
    }

    [Fact]
    public void Too_many_unreadable_images_are_an_error()
    {
        using ViTEncoder encoder = NewEncoder();

        Action act = () => FeatureExtractor.Extract(encoder, BitmapSource.Random(4, 16, seed: 1, "cat", "dog").Damaged(1));

        act.Should().Throw<TooManyBadImagesException>();
    }

    [Fact]
    public void Unlabelled_images_have_features_and_collapse_measures_but_no_accuracy()
    {
        using ViTEncoder encoder = NewEncoder();

        FeatureSet features = FeatureExtractor.Extract(encoder, BitmapSource.Random(6, 16, seed: 1));

        features.IsLabelled.Should().BeFalse();
        CollapseMeasures.Measure(features).RankMe.Should().BeGreaterThan(1);
        ((Action)(() => LinearProbe.Fit(features))).Should().Throw<EvaluationException>().WithMessage("6 of the 6 images of the training set have no class;*");
    }

    [Fact]
    public void Progress_goes_from_batch_to_batch_to_the_end()
    {
        using ViTEncoder encoder = NewEncoder();
        var reports = new Reports();

        FeatureExtractor.Extract(encoder, BitmapSource.Random(10, 16, seed: 1), new() { Loading = new() { BatchSize = 4 } }, reports);

        reports.Values.Should().Equal(0.4, 0.8, 1);
    }

    [Fact]
    public void An_extraction_can_be_stopped()
    {
        using ViTEncoder encoder = NewEncoder();

        Action act = () => FeatureExtractor.Extract(encoder, BitmapSource.Random(10, 16, seed: 1), cancellationToken: new CancellationToken(canceled: true));

        act.Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void A_view_of_another_size_than_the_encoder_takes_is_refused()
    {
        using ViTEncoder encoder = NewEncoder();

        Action act = () => FeatureExtractor.Extract(encoder, BitmapSource.Random(2, 16, seed: 1), new() { Transform = EvaluationTransform.Paper });

        act.Should().Throw<ArgumentException>().WithMessage(
            "The view has 224 pixels, but the encoder takes 16; set Transform.ImageSize to 16, or leave Transform out. (Parameter 'options')");
    }

    [Fact]
    public void Raw_pixels_are_the_pixels_themselves()
    {
        BitmapSource source = BitmapSource.Random(3, 8, seed: 1, "cat", "dog");

        FeatureSet features = FeatureExtractor.ExtractRawPixels(source, imageSize: 8);

        features.Width.Should().Be(8 * 8 * 3);
        for (int i = 0; i < 3; i++)
        {
            features.Row(i).ToArray().Should().Equal(source.Pixels(i).Select(p => p / 255f));
        }
    }

    [Fact]
    public void Raw_pixels_of_large_images_are_reduced_to_sixteen()
    {
        FeatureExtractor.ExtractRawPixels(BitmapSource.Random(1, 40, seed: 1)).Width.Should().Be(16 * 16 * 3);

        Action act = () => FeatureExtractor.ExtractRawPixels(BitmapSource.Random(1, 8, seed: 1), imageSize: 65);

        act.Should().Throw<ArgumentOutOfRangeException>().WithMessage("The image size is 65; it must be from 1 to 64 pixels.*");
    }

    [Theory]
    [InlineData(32, 32)]
    [InlineData(224, 256)]
    public void Small_images_are_seen_to_their_edges_and_large_ones_in_the_usual_crop(int imageSize, int shorterSide)
    {
        EvaluationTransform transform = new FeatureExtractionOptions().TransformFor(imageSize);

        transform.ImageSize.Should().Be(imageSize);
        transform.ResizeShorterSide.Should().Be(shorterSide);
    }

    private static ViTEncoder NewEncoder(ulong seed = 0) => ViTEncoder.Create(Small, seed);

    private sealed class Reports : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }
}
