using Microsoft.Extensions.Options;
using NJepa.Data;
using NJepa.Models;

namespace NJepa.Training.Tests;

/// <summary>What is refused before the first step, and with which words.</summary>
public sealed class FineTuningChecksTests(FineTunerTests.Pictures pictures) : TensorTest, IClassFixture<FineTunerTests.Pictures>
{
    private static readonly ViT Small = new() { Name = "test", ImageSize = 32, PatchSize = 8, Width = 24, Depth = 1, Heads = 2 };

    [Fact]
    public void The_defaults_are_those_documented()
    {
        FineTuningOptions options = new();
        options.Should().Be(new FineTuningOptions
        {
            Epochs = 100,
            BatchSize = 128,
            MicroBatchSize = null,
            LearningRate = 5e-4,
            FinalLearningRate = 1e-6,
            WarmupEpochs = null,
            LayerDecay = 0.75,
            WeightDecay = 0.05,
            LabelSmoothing = 0.1,
            Beta1 = 0.9,
            Beta2 = 0.999,
            Epsilon = 1e-8,
            MaxGradientNorm = null,
            CropScaleMin = 0.3,
            CropScaleMax = 1,
            HorizontalFlip = false,
            Normalization = ImageNormalization.ImageNet,
            ValidationFraction = 0.1,
            Seed = 0,
            Prefetch = 4,
            MaxBadImageShare = 0.1,
            LogEvery = 10,
        });
        options.EffectiveWarmupEpochs.Should().Be(5);
        options.Validate().Should().BeEmpty();
    }

    [Fact]
    public void Bad_options_are_all_listed()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small);
        var options = new FineTuningOptions { Epochs = 2, LayerDecay = 0, LabelSmoothing = 1, LearningRate = double.NaN, WarmupEpochs = 3, CropScaleMin = 0.5, CropScaleMax = 0.4, BatchSize = 4, MicroBatchSize = 8, ValidationFraction = 0.6, Normalization = null! };

        Action build = () => _ = new FineTuner(encoder, pictures.Train, options);

        build.Should().Throw<OptionsValidationException>().Which.Failures.Should().BeEquivalentTo(
            "FineTuningOptions.LearningRate is NaN; it must be from 0 to 10 (default 0.0005).",
            "FineTuningOptions.LayerDecay is 0; it must be from 0.01 to 1 (default 0.75).",
            "FineTuningOptions.LabelSmoothing is 1; it must be from 0 to 0.99 (default 0.1).",
            "FineTuningOptions.ValidationFraction is 0.6; it must be from 0 to 0.5 (default 0.1).",
            "FineTuningOptions.CropScaleMin is 0.5, above CropScaleMax = 0.4; swap them or lower the minimum.",
            "FineTuningOptions.MicroBatchSize is 8, above BatchSize = 4; lower it, or leave it null to compute whole batches at once.",
            "FineTuningOptions.WarmupEpochs is 3, more than Epochs = 2; shorten the warm-up or leave it null for one twentieth of the run.",
            "FineTuningOptions.Normalization is null; use that of the pretraining, ImageNormalization.ImageNet by default.");
    }

    [Fact]
    public void Images_that_cannot_be_learned_from_are_refused_with_the_reason()
    {
        IImageSource good = pictures.Train;
        string[] names = [.. good.ClassNames];
        int[] labels = [.. Enumerable.Range(0, good.Count).Select(good.GetLabel)];
        var options = new FineTuningOptions { BatchSize = 32 };

        Refused(new Relabelled(good, [.. labels.Select((label, i) => i < 3 ? -1 : label)], names), options, "3 of the 320 images of the training set have no class; every image needs one.*");
        Refused(new Relabelled(good, [8, .. labels[1..]], names), options, "Image 0 of the training set ('*') has the label 8; with 8 classes it must be from 0 to 7.");
        Refused(new Relabelled(good, new int[320], names), options, "The training set has images of one class only ('bricks')*");
        Refused(new Relabelled(good, [1, .. new int[319]], "a", "b"), options, "Every class of the training set needs at least 2 images, one of them for the validation split; too few in 'b' (1). Add images*");
        Refused(new Relabelled(good, [], names), options, "The training set has no images.");
        Refused(good, options with { BatchSize = 300 }, "There are 288 images to train on (32 of 320 are the validation split), fewer than FineTuningOptions.BatchSize = 300; an epoch would have no step. Set BatchSize to 288 or less, or add images.");

        // Without a validation split one image of a class is enough.
        using ViTEncoder encoder = ViTEncoder.Create(Small);
        using var tuner = new FineTuner(encoder, new Relabelled(good, [1, .. new int[319]], "a", "b"), options with { ValidationFraction = 0 });
        tuner.TotalSteps.Should().Be(1000);
    }

    [Fact]
    public async Task A_test_set_of_other_classes_is_refused_before_the_first_step()
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small);
        using var tuner = new FineTuner(encoder, pictures.Train, new FineTuningOptions { BatchSize = 32 });
        IImageSource test = pictures.Test;
        int[] labels = [.. Enumerable.Range(0, test.Count).Select(test.GetLabel)];

        Func<Task> other = () => tuner.RunAsync(new Relabelled(test, labels, [.. test.ClassNames.Select(name => name == "dots" ? "Dots" : name)]));
        await other.Should().ThrowAsync<TrainingException>().WithMessage("The training set and the test set do not have the same classes. Only in the training set: 'dots'. Only in the test set: 'Dots'.*");
        Func<Task> unlabelled = () => tuner.RunAsync(new Relabelled(test, [-1, .. labels[1..]], [.. test.ClassNames]));
        await unlabelled.Should().ThrowAsync<TrainingException>().WithMessage("1 of the 160 images of the test set have no class*");
        tuner.CompletedSteps.Should().Be(0);
    }

    [Fact]
    public void Encoders_that_cannot_be_tuned_are_refused()
    {
        using ViTEncoder grey = ViTEncoder.Create(Small with { Channels = 1 });
        ViTEncoder gone = ViTEncoder.Create(Small);
        gone.Dispose();

        Action channels = () => _ = new FineTuner(grey, pictures.Train), disposed = () => _ = new FineTuner(gone, pictures.Train);

        channels.Should().Throw<TrainingException>().WithMessage("The encoder takes images of 1 channels, but images are read as RGB; fine-tune one with ViT.Channels = 3.");
        disposed.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void The_validation_split_takes_its_part_of_every_class()
    {
        IImageSource images = pictures.Train;
        (int[] train, int[] validation) = LabelledImages.Split(images, 0.2, seed: 1);

        train.Concat(validation).Order().Should().Equal(Enumerable.Range(0, 320));
        validation.Should().BeInAscendingOrder();
        validation.GroupBy(images.GetLabel).Should().OnlyContain(group => group.Count() == 8).And.HaveCount(8);
        LabelledImages.Split(images, 0.2, seed: 1).Validation.Should().Equal(validation);
        LabelledImages.Split(images, 0.2, seed: 2).Validation.Should().NotEqual(validation);
        LabelledImages.Split(images, 0, seed: 1).Validation.Should().BeEmpty();
    }

    private static void Refused(IImageSource images, FineTuningOptions options, string message)
    {
        using ViTEncoder encoder = ViTEncoder.Create(Small);
        Action build = () => _ = new FineTuner(encoder, images, options);
        build.Should().Throw<TrainingException>().WithMessage(message);
    }
}
