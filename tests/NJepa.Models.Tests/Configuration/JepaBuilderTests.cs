using NJepa.Masking;
using NJepa.Noise;
using TorchSharp;

namespace NJepa.Models.Tests.Configuration;

/// <summary>Every call changes what it says and nothing else; presets have the papers' settings.</summary>
public sealed class JepaBuilderTests : TensorTest
{
    private static readonly JepaRecipe Plain = JepaRecipe.IJepa;

    public static TheoryData<string, Func<JepaBuilder, JepaBuilder>, JepaRecipe> Calls => new()
    {
        { "noise", builder => builder.WithNoisyPredictor(new FixedNoise(0.5)), Plain with { Noise = new FixedNoise(0.5) } },
        { "multi-level", builder => Noisy(builder).WithMultiLevelNoise(), Plain with { Noise = EdmNoise.Default, Granularity = NoiseGranularity.MultiLevel } },
        { "single-level", builder => Noisy(builder).WithMultiLevelNoise().WithSingleLevelNoise(), Plain with { Noise = EdmNoise.Default } },
        { "shared token", builder => Noisy(builder).WithSharedMaskToken(), Plain with { Noise = EdmNoise.Default, SharedMaskToken = true } },
        { "shared predictor", builder => Noisy(builder).WithSharedPredictor(), Plain with { Noise = EdmNoise.Default, SharedPredictor = true } },
        { "weights", builder => builder.WithLossWeights(3, 2, 1), Plain with { LossWeights = new JepaLossWeights(3, 2, 1) } },
        { "stop gradient", builder => Noisy(builder).WithStopGradient(), Plain with { Noise = EdmNoise.Default, StopGradient = true } },
        { "regularisers", builder => builder.WithVarianceCovariance(0.3, 0.2), Plain with { VarianceCovariance = new VarianceCovarianceWeights(0.3, 0.2) } },
        { "masks", builder => builder.WithMasking(RandomPatchMasking), Plain with { Masking = RandomPatchMasking } },
        { "initialization", builder => builder.WithRescaledInitialization(), Plain with { RescaledInitialization = true } },
    };

    private static RandomPatchMaskingOptions RandomPatchMasking { get; } = new() { ContextRatio = 0.4 };

    [Theory]
    [MemberData(nameof(Calls))]
    public void Each_call_changes_exactly_its_setting(string what, Func<JepaBuilder, JepaBuilder> call, JepaRecipe expected)
    {
        JepaConfiguration configuration = call(JepaBuilder.WithEncoder(ViT.Base16)).Configure();

        configuration.Should().Be(new JepaConfiguration(ViT.Base16, PredictorOptions.For(ViT.Base16), expected with { Name = expected.Noise is null ? "i-jepa (changed)" : "n-jepa (changed)" }, 0), what);
    }

    [Fact]
    public void The_expression_of_the_readme_builds()
    {
        using JepaModel model = JepaBuilder.WithEncoder(ViT.Base16).WithNoisyPredictor(EdmNoise.Default).WithMultiLevelNoise().Build();

        model.HasNoisyPredictor.Should().BeTrue();
        model.Configuration.Encoder.Should().Be(ViT.Base16);
        model.Configuration.Recipe.Should().Be(JepaRecipe.Paper with { Name = "n-jepa (changed)" });
        model.TeacherParameters.Count.Should().Be(85_646_592);
        model.Parameters.Count.Should().Be(85_646_592 + (2 * 11_238_912));
        model.Device.type.Should().Be(DeviceType.CPU);
    }

    [Fact]
    public void The_defaults_are_plain_IJepa_with_seed_zero()
    {
        JepaConfiguration configuration = JepaBuilder.WithEncoder(ViT.Base16).Configure();

        configuration.Recipe.Should().BeSameAs(JepaRecipe.IJepa);
        configuration.Seed.Should().Be(0);
        configuration.Predictor.Should().Be(new PredictorOptions());
        JepaBuilder.WithEncoder(ViT.Base16).WithSeed(ulong.MaxValue).Configure().Seed.Should().Be(ulong.MaxValue);
        JepaBuilder.WithEncoder(ViT.Base16).WithPredictor(new PredictorOptions { Depth = 2 }).Configure().Predictor.Should().Be(new PredictorOptions { Depth = 2 });
    }

    [Fact]
    public void Recipe_defaults_are_stated()
    {
        var recipe = new JepaRecipe();

        recipe.Name.Should().Be("custom");
        recipe.Noise.Should().BeNull();
        recipe.Granularity.Should().Be(NoiseGranularity.SingleLevel);
        recipe.SharedMaskToken.Should().BeFalse();
        recipe.SharedPredictor.Should().BeFalse();
        recipe.LossWeights.Should().Be(new JepaLossWeights(1.0, 0.1, 0.1));
        recipe.StopGradient.Should().BeFalse();
        recipe.VarianceCovariance.Should().Be(new VarianceCovarianceWeights(0, 0));
        recipe.VarianceCovariance.IsActive.Should().BeFalse();
        recipe.Masking.Should().Be(new MultiBlockMaskingOptions());
        recipe.RescaledInitialization.Should().BeFalse();
    }

    [Fact]
    public void Recipes_have_their_exact_settings()
    {
        var defaults = new JepaRecipe();

        JepaRecipe.IJepa.Should().Be(defaults with { Name = "i-jepa" });
        JepaRecipe.Reference.Should().Be(defaults with { Name = "reference", Masking = MultiBlockMasking.Reference });
        JepaRecipe.Paper.Should().Be(defaults with { Name = "paper", Noise = new EdmNoise { PMean = -1.2, PStd = 1.2, SigmaData = 0.5 }, Granularity = NoiseGranularity.MultiLevel });
        JepaRecipe.SmallData.Noise.Should().Be(EdmNoise.Default);
        JepaRecipe.SmallData.VarianceCovariance.IsActive.Should().BeTrue();
        JepaRecipe.SmallData.Masking.Should().BeOfType<MultiBlockMaskingOptions>().Which.MinKeep.Should().Be(4);
        JepaRecipe.SmallData.Masking.Validate(ViT.Nano4.Grid).Should().BeEmpty();
    }

    [Fact]
    public void Network_defaults_are_stated()
    {
        new ViT().Should().Be(new ViT { Name = "ViT", ImageSize = 224, PatchSize = 16, Width = 768, Depth = 12, Heads = 12, MlpRatio = 4, Channels = 3 });
        new PredictorOptions().Should().Be(new PredictorOptions { Width = 384, Depth = 6, Heads = 12, MlpRatio = 4 });
        new PredictorOptions().MlpWidth.Should().Be(1536);
    }

    [Theory]
    [InlineData(192, 12, 3, 96, 6, 3)]
    [InlineData(768, 12, 12, 384, 6, 12)]
    [InlineData(1024, 24, 16, 384, 12, 16)]
    [InlineData(1280, 32, 16, 384, 12, 16)]
    [InlineData(96, 4, 3, 48, 2, 3)]
    [InlineData(900, 1, 9, 360, 1, 9)]
    [InlineData(36, 2, 3, 12, 1, 3)]
    [InlineData(12, 2, 3, 12, 1, 3)]
    public void The_default_predictor_goes_with_any_encoder(int width, int depth, int heads, int predictorWidth, int predictorDepth, int predictorHeads)
    {
        PredictorOptions predictor = PredictorOptions.For(new ViT { Width = width, Depth = depth, Heads = heads });

        predictor.Should().Be(new PredictorOptions { Width = predictorWidth, Depth = predictorDepth, Heads = predictorHeads });
        predictor.Validate().Should().BeEmpty();
    }

    [Fact]
    public void Configurations_with_equal_settings_are_equal()
    {
        JepaConfiguration Make(ulong seed) => JepaBuilder.WithEncoder(ViT.Tiny16 with { ImageSize = 128 }).WithNoisyPredictor(new EdmNoise()).WithMultiLevelNoise().WithSeed(seed).Configure();

        Make(1).Should().Be(Make(1)).And.NotBe(Make(2));
        Make(1).GetHashCode().Should().Be(Make(1).GetHashCode());
    }

    [Fact]
    public void A_builder_builds_several_models_and_a_built_one_stays_as_it_is()
    {
        JepaBuilder builder = JepaBuilder.WithEncoder(ViT.Base16).WithSeed(1);
        JepaConfiguration first = builder.Configure();

        JepaConfiguration second = builder.WithSeed(2).WithRescaledInitialization().Configure();

        (first.Seed, second.Seed).Should().Be((1UL, 2UL));
        first.Recipe.RescaledInitialization.Should().BeFalse();
        builder.ToString().Should().Be("ViT-B/16, recipe i-jepa (changed)");
    }

    [Fact]
    public void Null_is_refused_everywhere()
    {
        var builder = JepaBuilder.WithEncoder(ViT.Base16);
        foreach (Action call in new Action[]
        {
            () => JepaBuilder.WithEncoder(null!),
            () => builder.WithRecipe(null!),
            () => builder.WithPredictor(null!),
            () => builder.WithNoisyPredictor(null!),
            () => builder.WithMasking(null!),
            () => PredictorOptions.For(null!),
            () => ViTEncoder.Create(null!),
        })
        {
            call.Should().Throw<ArgumentNullException>();
        }
    }

    private static JepaBuilder Noisy(JepaBuilder builder) => builder.WithNoisyPredictor(EdmNoise.Default);
}
