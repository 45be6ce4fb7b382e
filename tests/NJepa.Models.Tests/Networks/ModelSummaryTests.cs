using NJepa.Masking;
using TorchSharp;

namespace NJepa.Models.Tests.Networks;

/// <summary>Sizes and costs that a model states of itself.</summary>
public sealed class ModelSummaryTests : TensorTest
{
    // timm's published counts, less the [cls] token and the trained positions that these networks do not have: 5,524,416, 21,665,664, 85,798,656, 303,301,632 and 630,764,800.
    public static TheoryData<string, ViT, long> Presets => new()
    {
        { "Nano4", ViT.Nano4, 452_256 },
        { "Tiny16", ViT.Tiny16, 5_524_416 - (198 * 192) },
        { "Small16", ViT.Small16, 21_665_664 - (198 * 384) },
        { "Base16", ViT.Base16, 85_798_656 - (198 * 768) },
        { "Large16", ViT.Large16, 303_301_632 - (198 * 1024) },
        { "Huge14", ViT.Huge14, 630_764_800 - (258 * 1280) },
        { "Huge16", ViT.Huge16, 630_434_560 + (3 * (256 - 196) * 1280) },
        { "Giant16", ViT.Giant16, 1_011_092_608 },
    };

    [Theory]
    [MemberData(nameof(Presets))]
    public void Presets_have_the_known_numbers_of_parameters(string name, ViT vit, long expected)
    {
        long patch = ((long)vit.Channels * vit.PatchSize * vit.PatchSize * vit.Width) + vit.Width;
        long block = (4L * vit.Width * vit.Width) + (2L * vit.Width * vit.MlpWidth) + (9L * vit.Width) + vit.MlpWidth;
        long closed = patch + (vit.Depth * block) + (2 * vit.Width);

        ModelSummary.EncoderParameters(vit).Should().Be(expected, name).And.Be(closed, name);
        vit.Validate().Should().BeEmpty();
        if (expected < 10_000_000)
        {
            using ViTEncoder encoder = ViTEncoder.Create(vit);
            encoder.ParameterCount.Should().Be(expected);
            encoder.Parameters.Count.Should().Be(expected);
        }
    }

    [Fact]
    public void Presets_have_the_settings_of_their_papers()
    {
        (ViT Vit, string Name, int Width, int Depth, int Heads, int Patch, int Mlp, int Patches)[] expected =
        [
            (ViT.Tiny16, "ViT-Ti/16", 192, 12, 3, 16, 768, 196),
            (ViT.Small16, "ViT-S/16", 384, 12, 6, 16, 1536, 196),
            (ViT.Base16, "ViT-B/16", 768, 12, 12, 16, 3072, 196),
            (ViT.Large16, "ViT-L/16", 1024, 24, 16, 16, 4096, 196),
            (ViT.Huge14, "ViT-H/14", 1280, 32, 16, 14, 5120, 256),
            (ViT.Huge16, "ViT-H/16", 1280, 32, 16, 16, 5120, 196),
            (ViT.Giant16, "ViT-G/16", 1408, 40, 16, 16, 6144, 196),
        ];
        foreach (var preset in expected)
        {
            (preset.Vit, preset.Vit.Title, preset.Vit.Width, preset.Vit.Depth, preset.Vit.Heads, preset.Vit.PatchSize, preset.Vit.MlpWidth, preset.Vit.Patches).Should().Be(preset);
            (preset.Vit.ImageSize, preset.Vit.Channels).Should().Be((224, 3));
        }
    }

    [Fact]
    public void ViTB16_costs_what_the_field_says()
    {
        // Multiply-adds, layer by layer.
        const long l = 196, d = 768, m = 3072, heads = 12, headWidth = 64;
        long macs = l * 3 * 16 * 16 * d;
        for (int block = 0; block < 12; block++)
        {
            macs += l * d * 3 * d;
            macs += heads * l * l * headWidth;
            macs += heads * l * l * headWidth;
            macs += l * d * d;
            macs += l * d * m;
            macs += l * m * d;
        }

        double operations = ModelSummary.EncoderOperations(ViT.Base16, 196);

        operations.Should().Be(2.0 * macs);
        (operations / 2e9).Should().BeApproximately(17.5, 0.175);
    }

    [Fact]
    public void An_encoder_describes_itself()
    {
        ModelSummary.Describe(ViT.Base16).Should().Be("ViT-B/16: 196 tokens of width 768, 12 blocks, 12 heads; 85.6 M parameters; 34.942 GFLOP per image of 224 px");
        using ViTEncoder encoder = ViTEncoder.Create(ViT.Nano4);
        encoder.ToString().Should().Be("ViT-Nano/4: 64 tokens of width 96, 4 blocks, 3 heads; 452.3 k parameters; 0.064 GFLOP per image of 32 px");
    }

    [Fact]
    public void A_model_describes_itself()
    {
        using JepaModel model = Small.NJepa().WithMultiLevelNoise().Build();

        model.ToString().Should().Be("""
            recipe n-jepa (changed), noisy predictor: EdmNoise, MultiLevel
            student and teacher  tiny/4: 64 tokens of width 48, 2 blocks, 3 heads; 59.0 k parameters; 0.009 GFLOP per image of 32 px
            predictors           2 of width 24, 2 blocks, 3 heads; 33.8 k parameters
            masks                4 target blocks of about 9 patches, about 15 of 64 patches visible
            loss                 total = clean-teacher + 0.1 noisy-teacher + 0.1 noisy-clean
            trained              92.8 k parameters; about 0.027 GFLOP per image and training step
            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_model_without_a_noisy_predictor_says_that_it_is_IJepa()
    {
        using JepaModel model = Small.IJepa().Build();

        model.ToString().Should().Be("""
            recipe i-jepa (changed), no noisy predictor (I-JEPA)
            student and teacher  tiny/4: 64 tokens of width 48, 2 blocks, 3 heads; 59.0 k parameters; 0.009 GFLOP per image of 32 px
            predictors           1 of width 24, 2 blocks, 3 heads; 16.9 k parameters
            masks                4 target blocks of about 9 patches, about 15 of 64 patches visible
            loss                 total = clean-teacher
            trained              75.9 k parameters; about 0.02 GFLOP per image and training step
            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void The_cost_of_a_step_is_that_of_its_layers()
    {
        JepaConfiguration configuration = Small.NJepa().Configure();
        var masks = configuration.Recipe.Masking.CreateSampler(configuration.Encoder.Grid).Sample(0, 0, [.. Enumerable.Range(0, 32).Select(i => (long)i)]);
        double k = masks.ContextLength, t = masks.TargetLength;
        double Block(double w, double tokens, double queries) =>
            2 * ((2 * w * w * tokens) + (w * w * queries) + (2 * w * tokens * queries) + (w * w * queries) + (8 * w * w * queries));
        double student = (2 * k * 48 * 48) + (2 * Block(48, k, k));
        // The teacher's last block at the targets alone, of which there are fewer than patches here.
        (masks.TargetBlocks * t).Should().BeLessThan(64);
        double teacher = (2.0 * 64 * 48 * 48) + Block(48, 64, 64) + Block(48, 64, masks.TargetBlocks * t);
        double predictor = (2 * k * 48 * 24) + (4 * (Block(24, k + t, k + t) + Block(24, k + t, t) + (2 * t * 24 * 48)));
        double step = teacher + (3 * (student + (2 * predictor)));

        ModelSummary.StepOperations(configuration, masks).Should().BeApproximately(step, step * 1e-12);
        ModelSummary.Describe(configuration).Should().EndWith(FormattableString.Invariant($"; about {step / 1e9:0.###} GFLOP per image and training step"));
    }

    [Fact]
    public void Targets_of_more_tokens_than_there_are_patches_cost_the_teacher_a_whole_block()
    {
        JepaConfiguration configuration = Small.IJepa().Configure();
        // 4 blocks of 16 patches are as many as the grid has; 5 blocks are more.
        double Step(int blocks) => ModelSummary.StepOperations(configuration, new MaskBatch(
            configuration.Encoder.Grid, 1, blocks, [.. Enumerable.Range(40, 10)], [.. Enumerable.Repeat(Enumerable.Range(0, 16), blocks).SelectMany(block => block)]));

        double fewer = Step(4) - Step(3), more = Step(5) - Step(4);

        // Another block of targets costs its prediction, and its queries in the teacher as long as those are not all there already.
        (fewer - more).Should().BeApproximately(16 * ((2 * 2.0 * 48 * 48) + (4.0 * 64 * 48) + (4.0 * 48 * 192)), 1e-6);
    }
}
