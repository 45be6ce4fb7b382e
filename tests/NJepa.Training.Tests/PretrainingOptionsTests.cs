using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using NJepa.Models;

namespace NJepa.Training.Tests;

public sealed class PretrainingOptionsTests
{
    [Fact]
    public void Defaults_are_those_of_the_papers()
    {
        PretrainingOptions options = new();
        options.Should().Be(PretrainingOptions.Paper);
        options.Should().Be(new PretrainingOptions
        {
            Epochs = 100,
            BatchSize = 128,
            MicroBatchSize = null,
            LearningRate = 1e-3,
            StartLearningRate = 2e-4,
            FinalLearningRate = 1e-6,
            LearningRateShape = LearningRateShape.Cosine,
            WarmupEpochs = null,
            WeightDecay = 0.04,
            FinalWeightDecay = 0.4,
            Momentum = 0.996,
            FinalMomentum = 1,
            ScheduleStretch = 1.25,
            Beta1 = 0.9,
            Beta2 = 0.999,
            Epsilon = 1e-8,
            MaxGradientNorm = null,
            OnNonFinite = NonFinitePolicy.Stop,
            MaxSkippedSteps = 10,
            CropScaleMin = 0.3,
            CropScaleMax = 1,
            HorizontalFlip = false,
            Normalization = ImageNormalization.ImageNet,
            Seed = 0,
            Prefetch = 4,
            ImageCache = null,
            ImageCacheSize = null,
            MaxBadImageShare = 0.1,
            LogEvery = 10,
            WatchCollapse = true,
            CollapseCheckEvery = null,
            CollapseProbeImages = 256,
            CollapseVariation = 0.02,
            CollapseRankMe = 1.5,
            OutputDirectory = null,
        });
        options.Validate().Should().BeEmpty();
        PretrainingOptions.SmallData.Validate().Should().BeEmpty();
    }

    [Fact]
    public void Every_error_is_listed()
    {
        var options = new PretrainingOptions
        {
            Epochs = 0,
            BatchSize = -1,
            LearningRate = double.NaN,
            LearningRateShape = (LearningRateShape)7,
            Momentum = 1.5,
            MaxGradientNorm = 0,
            OnNonFinite = (NonFinitePolicy)2,
            MaxSkippedSteps = -1,
            CropScaleMin = 0.9,
            CropScaleMax = 0.5,
            WarmupEpochs = 3,
            Normalization = null!,
            OutputDirectory = "a\0b",
            ImageCache = " ",
            ImageCacheSize = 16385,
            CollapseCheckEvery = 0,
            CollapseProbeImages = 1,
            CollapseVariation = double.NaN,
            CollapseRankMe = -1,
        };
        options.Validate().Should().Equal(
            "PretrainingOptions.Epochs is 0; it must be from 1 to 1000000 (default 100).",
            "PretrainingOptions.BatchSize is -1; it must be from 1 to 65536 (default 128).",
            "PretrainingOptions.LearningRate is NaN; it must be from 0 to 10 (default 0.001).",
            "PretrainingOptions.LearningRateShape is 7; it must be one of Cosine, Constant (default Cosine).",
            "PretrainingOptions.Momentum is 1.5; it must be from 0 to 1 (default 0.996).",
            "PretrainingOptions.MaxGradientNorm is 0; it must be from 1E-12 to 1000000000000 or null.",
            "PretrainingOptions.OnNonFinite is 2; it must be one of Stop, SkipStep (default Stop).",
            "PretrainingOptions.MaxSkippedSteps is -1; it must be from 0 to 1000000 (default 10).",
            "PretrainingOptions.ImageCacheSize is 16385; it must be from 1 to 16384 or null.",
            "PretrainingOptions.CollapseCheckEvery is 0; it must be from 1 to 1000000000 or null.",
            "PretrainingOptions.CollapseProbeImages is 1; it must be from 2 to 65536 (default 256).",
            "PretrainingOptions.CollapseVariation is NaN; it must be from 0 to 1 (default 0.02).",
            "PretrainingOptions.CollapseRankMe is -1; it must be from 0 to 65536 (default 1.5).",
            "PretrainingOptions.CropScaleMin is 0.9, above CropScaleMax = 0.5; swap them or lower the minimum.",
            "PretrainingOptions.WarmupEpochs is 3, more than Epochs = 0; shorten the warm-up or leave it null for one fifteenth of the run.",
            "PretrainingOptions.Normalization is null; use ImageNormalization.ImageNet or your own mean and standard deviation.",
            "PretrainingOptions.OutputDirectory is 'a\\0b'; it must be the path of a folder, or null to save nothing.",
            "PretrainingOptions.ImageCache is ' '; it must be the path of a file, or null to decode each time.");
        new PretrainingOptionsValidator().Validate(null, options).Failures.Should().HaveCount(18);
    }

    [Theory]
    [InlineData(0, "PretrainingOptions.MicroBatchSize is 0; it must be from 1 to 65536 or null.")]
    [InlineData(-2, "PretrainingOptions.MicroBatchSize is -2; it must be from 1 to 65536 or null.")]
    [InlineData(65, "PretrainingOptions.MicroBatchSize is 65, above BatchSize = 64; lower it, or leave it null to compute whole batches at once.")]
    public void Parts_of_a_batch_are_no_larger_than_it(int size, string error)
    {
        (PretrainingOptions.SmallData with { MicroBatchSize = size }).Validate().Should().Equal(error);
        (PretrainingOptions.SmallData with { MicroBatchSize = 64 }).Validate().Should().BeEmpty();
        (PretrainingOptions.SmallData with { MicroBatchSize = 1 }).Validate().Should().BeEmpty();
    }

    [Fact]
    public void Options_bind_from_configuration()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Pretraining:Epochs"] = "7",
            ["Pretraining:LearningRateShape"] = "Constant",
            ["Pretraining:WarmupEpochs"] = "1.5",
            ["Pretraining:HorizontalFlip"] = "true",
        }).Build();
        PretrainingOptions options = configuration.GetSection("Pretraining").Get<PretrainingOptions>()!;
        options.Should().Be(new PretrainingOptions { Epochs = 7, LearningRateShape = LearningRateShape.Constant, WarmupEpochs = 1.5, HorizontalFlip = true });
        new PretrainingOptionsValidator().Validate(null, options).Should().Be(ValidateOptionsResult.Success);
    }
}
