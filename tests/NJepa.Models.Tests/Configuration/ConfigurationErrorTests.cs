using System.Globalization;
using NJepa.Masking;
using NJepa.Noise;
using TorchSharp;

namespace NJepa.Models.Tests.Configuration;

/// <summary>Whatever cannot be built is refused with every reason at once, before anything native happens.</summary>
public sealed class ConfigurationErrorTests : TensorTest
{
    [Fact]
    public void Every_mistake_is_listed_at_once()
    {
        JepaBuilder builder = JepaBuilder
            .WithEncoder(new ViT { ImageSize = 100, PatchSize = 16, Width = 770, Depth = 0, Heads = 7, MlpRatio = -1, Channels = 0 })
            .WithPredictor(new PredictorOptions { Width = 100, Depth = 2000, Heads = 3, MlpRatio = double.NaN })
            .WithNoisyPredictor(new EdmNoise { PMean = double.NaN, PStd = -1, SigmaData = 0 })
            .WithLossWeights(0, 0, double.PositiveInfinity)
            .WithVarianceCovariance(-0.5, double.NaN);

        Action build = () => builder.Build();

        JepaConfigurationException exception = build.Should().Throw<JepaConfigurationException>().Which;
        exception.Message.Should().Be("""
            The model cannot be built:
            - ViT.ImageSize is 100, which is not a multiple of ViT.PatchSize = 16; choose a size such as 96.
            - ViT.Depth is 0; it must be from 1 to 1000 blocks.
            - ViT.Channels is 0; it must be from 1 to 1024 (default 3).
            - ViT.Width is 770; it must be a multiple of 4 (sines and cosines of two axes) from 4 to 16384.
            - ViT.MlpRatio is -1; it must be above 0 and at most 64 (default 4).
            - PredictorOptions.Width is 100, which 3 heads do not divide; choose a multiple of 4 and 3 such as 96.
            - PredictorOptions.MlpRatio is NaN; it must be above 0 and at most 64 (default 4).
            - PredictorOptions.Depth is 2000; it must be from 1 to 1000 blocks.
            - JepaLossWeights.NoisyClean is Infinity; it must be finite and at least 0.
            - JepaLossWeights.CleanTeacher and NoisyTeacher are both 0; one of them must be above 0, or nothing would tie the predictions to the images.
            - VarianceCovarianceWeights.Variance is -0.5; it must be finite and at least 0.
            - VarianceCovarianceWeights.Covariance is NaN; it must be finite and at least 0.
            - EdmNoise.PMean is NaN; it is the mean of ln sigma and must be a finite number (default -1.2).
            - EdmNoise.PStd is -1; it is the standard deviation of ln sigma and must be finite and at least 0 (default 1.2).
            - EdmNoise.SigmaData is 0; it must be finite and above 0 (default 0.5).
            """.ReplaceLineEndings("\n"));
        exception.Errors.Should().HaveCount(15);
    }

    [Fact]
    public void Parts_that_are_missing_are_named()
    {
        JepaRecipe holes = JepaRecipe.Paper with { Name = null!, LossWeights = null!, VarianceCovariance = null!, Masking = null! };
        Action build = () => JepaBuilder.WithEncoder(ViT.Nano4).WithRecipe(holes).WithStopGradient().Build();
        build.Should().Throw<JepaConfigurationException>().Which.Errors.Should().Equal(
            "JepaRecipe.Name is null; any text will do.",
            "JepaRecipe.LossWeights is null; use JepaLossWeights.Paper.",
            "JepaRecipe.VarianceCovariance is null; use VarianceCovarianceWeights.None.",
            "JepaRecipe.Masking is null; use MultiBlockMasking.Paper.");
        new JepaConfiguration(null!, null!, null!, 0).Validate().Should().Equal(
            "JepaConfiguration.Encoder is null; use a preset such as ViT.Base16.",
            "JepaConfiguration.Predictor is null; use PredictorOptions.For(encoder).",
            "JepaConfiguration.Recipe is null; use a preset such as JepaRecipe.Paper.");
    }

    public static TheoryData<ViT, string> Encoders => new()
    {
        { new ViT { PatchSize = 0 }, "ViT.PatchSize is 0; it must be at least 1 pixel." },
        { new ViT { ImageSize = 0 }, "ViT.ImageSize is 0; it must be from 1 to 16384 pixels." },
        { new ViT { ImageSize = 16400 }, "ViT.ImageSize is 16400; it must be from 1 to 16384 pixels." },
        { new ViT { ImageSize = 8 }, "ViT.ImageSize is 8, which is not a multiple of ViT.PatchSize = 16; choose a size such as 16." },
        { new ViT { ImageSize = 512, PatchSize = 1 }, "ViT.ImageSize is 512 and ViT.PatchSize is 1, a grid of 512 patches a side; it must be at most 256. Use larger patches." },
        { new ViT { ImageSize = 512, PatchSize = 256 }, "ViT.PatchSize is 256, so that a patch of 3 channels has 196608 values; it must have at most 65536. Use smaller patches." },
        { new ViT { Heads = 0 }, "ViT.Heads is 0; it must be from 1 to 16384." },
        { new ViT { Heads = -12 }, "ViT.Heads is -12; it must be from 1 to 16384." },
        { new ViT { Width = 0 }, "ViT.Width is 0; it must be a multiple of 4 (sines and cosines of two axes) from 4 to 16384." },
        { new ViT { Width = 1 << 30 }, "ViT.Width is 1073741824; it must be a multiple of 4 (sines and cosines of two axes) from 4 to 16384." },
        { new ViT { Width = 100, Heads = 3 }, "ViT.Width is 100, which 3 heads do not divide; choose a multiple of 4 and 3 such as 96." },
        { new ViT { Width = 4, Heads = 12 }, "ViT.Width is 4, which 12 heads do not divide; choose a multiple of 4 and 12 such as 12." },
        { new ViT { Depth = 1001 }, "ViT.Depth is 1001; it must be from 1 to 1000 blocks." },
        { new ViT { MlpRatio = 64.5 }, "ViT.MlpRatio is 64.5; it must be above 0 and at most 64 (default 4)." },
        { new ViT { MlpRatio = 0.0001 }, "ViT.MlpRatio is 0.0001, which makes the MLP of a network of width 768 0 wide; it must be from 1 to 65536. Use the default, 4." },
        { new ViT { Width = 16384, Heads = 16, MlpRatio = 8 }, "ViT.MlpRatio is 8, which makes the MLP of a network of width 16384 131072 wide; it must be from 1 to 65536. Use the default, 4." },
        { new ViT { Channels = 1025 }, "ViT.Channels is 1025; it must be from 1 to 1024 (default 3)." },
    };

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Each_wrong_size_of_an_encoder_is_one_error_with_its_remedy(ViT encoder, string message)
    {
        encoder.Validate().Should().Equal(message);

        Action create = () => ViTEncoder.Create(encoder);
        create.Should().Throw<ArgumentException>().WithMessage($"The encoder cannot be built:\n- {message} (Parameter 'configuration')");
        Action build = () => JepaBuilder.WithEncoder(encoder).Build();
        build.Should().Throw<JepaConfigurationException>().WithMessage($"The model cannot be built:\n- {message}");
    }

    [Fact]
    public void Messages_do_not_depend_on_the_language_of_the_machine()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = comma;
            $"{64.5}".Should().Be("64,5");
            new ViT { MlpRatio = 64.5 }.Validate().Should().Equal("ViT.MlpRatio is 64.5; it must be above 0 and at most 64 (default 4).");
            ModelSummary.Describe(ViT.Base16).Should().Contain("85.6 M parameters; 34.942 GFLOP");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Even_a_wrong_size_can_be_printed(ViT encoder, string message) =>
        encoder.ToString().Should().StartWith($"ViT/{encoder.PatchSize}: ", message).And.EndWith(FormattableString.Invariant($" width {encoder.Width}, depth {encoder.Depth}, {encoder.Heads} heads, MLP ratio {encoder.MlpRatio}"));

    [Fact]
    public void Sizes_print_in_one_line() =>
        ViT.Base16.ToString().Should().Be("ViT-B/16: 224 px of 3 channels in patches of 16, width 768, depth 12, 12 heads, MLP ratio 4");

    [Fact]
    public void Choices_for_a_noisy_predictor_that_is_not_there_are_named()
    {
        ErrorsOf(builder => builder.WithMultiLevelNoise().WithSharedPredictor()).Should().Equal(
            "JepaRecipe has Granularity = MultiLevel, SharedPredictor, but no noisy predictor that it could concern; call WithNoisyPredictor(EdmNoise.Default), or leave it out for plain I-JEPA.");
        ErrorsOf(builder => builder.WithStopGradient().WithSharedMaskToken()).Should().Equal(
            "JepaRecipe has SharedMaskToken, StopGradient, but no noisy predictor that it could concern; call WithNoisyPredictor(EdmNoise.Default), or leave it out for plain I-JEPA.");
    }

    [Fact]
    public void A_model_without_any_loss_is_refused()
    {
        ErrorsOf(builder => builder.WithLossWeights(0, 0.1, 0.1)).Should().Equal(
            "JepaLossWeights.CleanTeacher is 0, but the model has no noisy predictor and no other loss; it must be above 0 (default 1), or call WithNoisyPredictor(EdmNoise.Default).");
        ErrorsOf(builder => builder.WithLossWeights(0, 0, 0.1)).Should().Equal(
            "JepaLossWeights.CleanTeacher and NoisyTeacher are both 0; one of them must be above 0, or nothing would tie the predictions to the images.");
        JepaBuilder.WithEncoder(ViT.Base16).WithNoisyPredictor(EdmNoise.Default).WithLossWeights(0, 0.1, 0.1).Configure().Should().NotBeNull();
    }

    [Fact]
    public void An_unknown_granularity_is_refused_before_anything_is_built() =>
        ErrorsOf(builder => builder.WithRecipe(JepaRecipe.Paper with { Granularity = (NoiseGranularity)7 })).Should().Equal(
            "JepaRecipe.Granularity is 7; it must be SingleLevel (0) or MultiLevel (1).");

    [Fact]
    public void Masks_that_the_grid_cannot_hold_are_refused_with_the_samplers_reason()
    {
        var encoder = new ViT { ImageSize = 32, PatchSize = 16, Width = 24, Heads = 3, Depth = 1 };
        IReadOnlyList<string> problems = MultiBlockMasking.Paper.Validate(encoder.Grid);
        problems.Should().NotBeEmpty();

        Action configure = () => JepaBuilder.WithEncoder(encoder).Configure();

        configure.Should().Throw<JepaConfigurationException>().Which.Errors.Should().Equal(problems);
    }

    [Fact]
    public void Devices_that_cannot_hold_a_model_are_refused()
    {
        const string message = "The device is meta; networks run on cpu or cuda. NJepaRuntime.ResolveDevice(\"auto\") chooses one. (Parameter 'device')";
        Action model = () => JepaBuilder.WithEncoder(ViT.Base16).Build(torch.META), encoder = () => ViTEncoder.Create(ViT.Base16, device: torch.META);

        model.Should().Throw<ArgumentException>().WithMessage(message);
        encoder.Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_refused_with_the_runtimes_reason()
    {
        if (NJepaRuntime.GetInfo().IsCudaAvailable)
        {
            return;
        }

        Action build = () => Small.IJepa().Build(new torch.Device(DeviceType.CUDA, 0)), resolve = () => NJepaRuntime.ResolveDevice("cuda:0");

        string reason = resolve.Should().Throw<NativeRuntimeException>().Which.Message;
        build.Should().Throw<NativeRuntimeException>().Which.Message.Should().Be(reason);
    }

    private static IReadOnlyList<string> ErrorsOf(Func<JepaBuilder, JepaBuilder> change)
    {
        Action configure = () => change(JepaBuilder.WithEncoder(ViT.Base16)).Configure();
        return configure.Should().Throw<JepaConfigurationException>().Which.Errors;
    }
}
