namespace NJepa.Interop.Tests.Models;

/// <summary>Whole models: I-JEPA's checkpoints go on being trained here, and NJepa's go out in their layout.</summary>
public sealed class ModelTests : TensorTest
{
    [Fact]
    public void The_authors_checkpoint_fills_student_teacher_and_predictor()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Builder().Build();

        WeightsReport report = PretrainedModel.Load(model, Parity.PathOf("ijepa.pth.tar"));

        using SafetensorsFile expected = SafetensorsFile.Open(Parity.PathOf("expected.safetensors"));
        using TensorFile file = TensorFile.Open(Parity.PathOf("ijepa.pth.tar"));
        Parity.ShouldMatch(model.Student.Encode(expected.Read("images")), expected.Read("ijepa.encoder"), 1e-5);
        Parity.ShouldMatch(model.Teacher.Encode(expected.Read("images")), expected.Read("ijepa.target_encoder"), 1e-5);
        Bits.ShouldBeEqual(model.Parameters["predictor.mask_token"].Value, file.Read("predictor.module.mask_token"), "mask token");
        report.IsComplete.Should().BeTrue();
        report.Problems.Should().BeEmpty();
    }

    [Fact]
    public void A_noisy_predictor_begins_as_a_copy_of_the_clean_one()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Builder().WithNoisyPredictor(Noise.EdmNoise.Default).Build();

        WeightsReport report = PretrainedModel.Load(model, Parity.PathOf("ijepa.pth.tar"));

        report.Notes.Should().Contain("the checkpoint has no noisy predictor; the model's begins as a copy of the clean one");
        foreach (ModelParameter parameter in model.Parameters.Parameters.Where(parameter => parameter.Name.StartsWith("noisy_predictor.", StringComparison.Ordinal)))
        {
            Bits.ShouldBeEqual(parameter.Value, model.Parameters[parameter.Name["noisy_".Length..]].Value, parameter.Name);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_model_goes_out_and_comes_back_bit_for_bit(bool noisy)
    {
        using var folder = new TemporaryFolder();
        using JepaModel saved = Build(noisy, 1), loaded = Build(noisy, 2), fromOurs = Build(noisy, 3);
        TestEncoders.Scramble(saved.Parameters);
        PretrainedModel.Save(saved, folder.File("model.pth.tar"));
        saved.SaveWeights(folder.File("model.safetensors"));

        PretrainedModel.Load(loaded, folder.File("model.pth.tar"));
        PretrainedModel.Load(fromOurs, folder.File("model.safetensors")).Naming.Should().Be(WeightNaming.NJepa);

        foreach (JepaModel model in new[] { loaded, fromOurs })
        {
            Bits.ShouldBeEqual(model.Parameters.Values, saved.Parameters.Values, "trained");
            Bits.ShouldBeEqual(model.TeacherParameters.Values, saved.TeacherParameters.Values, "teacher");
        }

        using TensorFile file = TensorFile.Open(folder.File("model.pth.tar"));
        file.Entries.Select(entry => entry.Name).Should().Contain(["encoder.module.blocks.0.attn.qkv.weight", "target_encoder.module.pos_embed", "predictor.module.predictor_pos_embed"]);
        file.Metadata["epoch"].Should().Be("0");
    }

    [Fact]
    public void The_heads_of_a_whole_model_come_back()
    {
        using var folder = new TemporaryFolder();
        using JepaModel model = JepaBuilder.WithEncoder(ViT.Nano4 with { Heads = 6 }).Build();
        TestEncoders.Scramble(model.TeacherParameters);
        model.SaveWeights(folder.File("model.safetensors"));
        PretrainedModel.Save(model, folder.File("model.pth.tar"));
        foreach (string name in new[] { "model.safetensors", "model.pth.tar" })
        {
            using ImportedEncoder loaded = PretrainedEncoder.Load(folder.File(name));
            TestEncoders.ShouldAgree(loaded.Encoder, model.Teacher, 0);
            loaded.Report.Notes.Should().Equal("of the encoders 'encoder', 'target_encoder', 'target_encoder' was taken; EncoderImportOptions.Module chooses another");
        }
    }

    [Theory]
    [InlineData(4, 3, "*the encoder has 3 attention heads in the file and 4 in the model; set ViT.Heads to 3*")]
    [InlineData(3, 1, "*the predictor has 3 attention heads in the file and 1 in the model; set PredictorOptions.Heads to 3*")]
    public void A_model_with_other_heads_takes_no_weights(int encoderHeads, int predictorHeads, string message)
    {
        using var folder = new TemporaryFolder();
        using JepaModel saved = Builder().Build();
        saved.SaveWeights(folder.File("model.safetensors"));
        PretrainedModel.Save(saved, folder.File("model.pth.tar"));
        using JepaModel other = JepaBuilder.WithEncoder(TestEncoders.Tiny with { Heads = encoderHeads })
            .WithPredictor(new PredictorOptions { Width = 12, Depth = 1, Heads = predictorHeads })
            .WithMasking(Masking.MultiBlockMasking.Paper with { TargetBlocks = 1, MinKeep = 1 }).WithSeed(7).Build();
        float[] before = [.. other.Parameters.Values.data<float>()];

        Action[] loads = [() => other.LoadWeights(folder.File("model.safetensors")), () => PretrainedModel.Load(other, folder.File("model.safetensors")), () => PretrainedModel.Load(other, folder.File("model.pth.tar"))];
        foreach (Action load in loads)
        {
            load.Should().Throw<WeightsException>().WithMessage(message);
        }

        other.Parameters.Values.data<float>().ToArray().Should().Equal(before);
    }

    [Fact]
    public void An_encoder_with_its_norm_after_pooling_does_not_go_into_a_model()
    {
        using JepaModel model = Builder().Build();
        FluentActions.Invoking(() => PretrainedModel.LoadEncoder(model, Parity.PathOf("timm-fc-norm.safetensors"))).Should().Throw<WeightsException>().WithMessage("*final norm comes after pooling (fc_norm)*Nothing was changed. Use the encoder itself: PretrainedEncoder.Load.");
    }

    [Fact]
    public void A_checkpoint_of_another_size_changes_nothing()
    {
        using JepaModel model = Builder().WithPredictor(new PredictorOptions { Width = 24, Depth = 2, Heads = 3 }).Build();
        float[] before = [.. model.Parameters.Values.data<float>()];
        FluentActions.Invoking(() => PretrainedModel.Load(model, Parity.PathOf("ijepa.pth.tar"))).Should().Throw<WeightsException>()
            .WithMessage("*'predictor.module.predictor_embed.weight' has shape [12,24] in the file; the network needs [24,24]*Nothing was changed*");
        model.Parameters.Values.data<float>().ToArray().Should().Equal(before);
    }

    [Fact]
    public void An_encoder_of_any_naming_fills_student_and_teacher()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using JepaModel model = Builder().Build();
        using ViTEncoder encoder = TestEncoders.Scrambled(TestEncoders.Tiny);
        float[] token = [.. model.Parameters["predictor.mask_token"].Value.data<float>()];
        PretrainedEncoder.Save(encoder, folder.File("folder"), WeightNaming.HuggingFace);

        PretrainedModel.LoadEncoder(model, folder.File("folder"));

        TestEncoders.ShouldAgree(model.Student, encoder, 0);
        TestEncoders.ShouldAgree(model.Teacher, encoder, 0);
        model.Parameters["predictor.mask_token"].Value.data<float>().ToArray().Should().Equal(token);

        FluentActions.Invoking(() => PretrainedModel.LoadEncoder(model, Parity.PathOf("transformers"))).Should().Throw<WeightsException>().WithMessage("*its positions are not the sin-cos table of the grid*Nothing was changed*");
        TestEncoders.ShouldAgree(model.Student, encoder, 0);
        using ViTEncoder deeper = ViTEncoder.Create(TestEncoders.Tiny with { Depth = 3 });
        PretrainedEncoder.Save(deeper, folder.File("deeper.safetensors"), WeightNaming.Timm);
        FluentActions.Invoking(() => PretrainedModel.LoadEncoder(model, folder.File("deeper.safetensors"))).Should().Throw<WeightsException>().WithMessage("*holds another network than the model's*depth 3*depth 2*");
    }

    [Fact]
    public void What_is_disposed_is_refused()
    {
        using var folder = new TemporaryFolder();
        JepaModel model = Builder().Build();
        ViTEncoder encoder = ViTEncoder.Create(TestEncoders.Tiny);
        model.Dispose();
        encoder.Dispose();
        Action[] uses =
        [
            () => PretrainedModel.Load(model, Parity.PathOf("ijepa.pth.tar")), () => PretrainedModel.LoadEncoder(model, Parity.PathOf("ijepa.pth.tar")), () => PretrainedModel.Save(model, folder.File("a")),
            () => PretrainedEncoder.Save(encoder, folder.File("a"), WeightNaming.Timm), () => encoder.WithImageSize(32),
        ];
        foreach (Action use in uses)
        {
            use.Should().Throw<ObjectDisposedException>();
        }
    }

    private static JepaBuilder Builder() => JepaBuilder
        .WithEncoder(TestEncoders.Tiny)
        .WithPredictor(new PredictorOptions { Width = 12, Depth = 1, Heads = 3 })
        .WithMasking(Masking.MultiBlockMasking.Paper with { TargetBlocks = 1, MinKeep = 1 });

    private static JepaModel Build(bool noisy, ulong seed) => (noisy ? Builder().WithNoisyPredictor(Noise.EdmNoise.Default) : Builder()).WithSeed(seed).Build();
}
