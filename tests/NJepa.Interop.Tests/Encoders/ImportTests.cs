using NJepa.Masking;

namespace NJepa.Interop.Tests.Encoders;

/// <summary>Networks of PyTorch, in each naming, compute the same here; expected features were computed by PyTorch.</summary>
public sealed class ImportTests : TensorTest
{
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData(null, "ijepa.target_encoder")]
    [InlineData("target_encoder", "ijepa.target_encoder")]
    [InlineData("encoder", "ijepa.encoder")]
    public void The_authors_checkpoints(string? module, string expected)
    {
        using ImportedEncoder imported = PretrainedEncoder.Load(Parity.PathOf("ijepa.pth.tar"), new EncoderImportOptions { Module = module, Heads = 3 });

        ShouldGive(imported.Encoder, expected);
        imported.Encoder.HasOwnPositions.Should().BeFalse("their table is the sin-cos table of the grid");
        imported.Encoder.Configuration.Should().Be(new ViT { ImageSize = 16, PatchSize = 4, Width = 24, Depth = 2, Heads = 3 });
        imported.Report.Naming.Should().Be(WeightNaming.IJepa);
        imported.Report.IsComplete.Should().BeTrue();
        imported.Report.Module.Should().Be(module ?? "target_encoder");
        imported.Report.Matched.Should().HaveCount(28);
        imported.Report.Ignored.Should().HaveCount(3)
            .And.Contain("'predictor' (20 tensors) is not part of the module that was read").And.Contain($"'{(module == "encoder" ? "target_encoder" : "encoder")}' (29 tensors) is not part of the module that was read");
    }

    [Theory]
    [InlineData("transformers")]
    [InlineData("transformers-sharded")]
    [InlineData("transformers/model.safetensors")]
    public void Transformers_folders(string path)
    {
        using ImportedEncoder imported = PretrainedEncoder.Load(Parity.PathOf(path));

        ShouldGive(imported.Encoder, "transformers");
        imported.Encoder.HasOwnPositions.Should().BeTrue("its table was learned");
        imported.Encoder.Configuration.Heads.Should().Be(3, "config.json says so");
        imported.Report.Naming.Should().Be(WeightNaming.HuggingFace);
        imported.Report.Matched.Should().Contain("blocks.1.attn.qkv.weight (part 3 of 3) <- encoder.layer.1.attention.attention.value.weight");
        imported.Report.Ignored.Should().BeEmpty();
    }

    [Fact]
    public void A_classifiers_backbone_in_half_precision()
    {
        using ImportedEncoder imported = PretrainedEncoder.Load(Parity.PathOf("transformers-classifier.bin"), new EncoderImportOptions { Heads = 3 });

        ShouldGive(imported.Encoder, "transformers", 1e-2);
        imported.Report.Module.Should().Be("ijepa");
        imported.Report.Ignored.Should().Equal("'classifier' (2 tensors) is not part of the module that was read");
        imported.Report.Notes.Should().ContainSingle().Which.Should().Be("numbers of type Float16 were converted to Float32");
    }

    [Theory]
    [InlineData("timm-norm", false)]
    [InlineData("timm-fc-norm", true)]
    public void Timm_without_class_token(string name, bool normAfterPooling)
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile expected = SafetensorsFile.Open(Parity.PathOf("expected.safetensors"));
        using ImportedEncoder imported = PretrainedEncoder.Load(Parity.PathOf(name + ".safetensors"), new EncoderImportOptions { Heads = 3 });

        ShouldGive(imported.Encoder, name);
        Parity.ShouldMatch(imported.Encoder.EncodePooled(expected.Read("images")), expected.Read(name + ".pooled"), Tolerance);
        imported.Encoder.Configuration.NormAfterPooling.Should().Be(normAfterPooling);
        imported.Report.Naming.Should().Be(WeightNaming.Timm);
        imported.Report.Ignored.Should().Equal("'head.weight' is a classifier's head", "'head.bias' is a classifier's head");
    }

    [Theory]
    [InlineData(24, "positions_6")]
    [InlineData(12, "positions_3")]
    public void Positions_for_another_image_size_are_PyTorchs_bicubic_ones(int imageSize, string positions)
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile expected = SafetensorsFile.Open(Parity.PathOf("expected.safetensors"));
        using ImportedEncoder imported = PretrainedEncoder.Load(Parity.PathOf("ijepa.pth.tar"), new EncoderImportOptions { Heads = 3, ImageSize = imageSize });

        var (four, other) = (new PatchGrid(4, 4), new PatchGrid(imageSize / 4, imageSize / 4));
        Parity.ShouldMatch(tensor(PositionTable.Resize(PositionTable.SinCos(four, 24), four, other)), expected.Read(positions), 2e-6);
        imported.Encoder.Configuration.ImageSize.Should().Be(imageSize);
        imported.Report.Notes.Should().ContainSingle(note => note.StartsWith("positions were resampled from the 4 x 4 grid of 16 px"));
        if (imageSize == 24)
        {
            Parity.ShouldMatch(imported.Encoder.Encode(expected.Read("images_24")), expected.Read("ijepa.target_encoder_24"), Tolerance);
        }

        // The same as resizing afterwards.
        using ImportedEncoder asTrained = PretrainedEncoder.Load(Parity.PathOf("ijepa.pth.tar"), new EncoderImportOptions { Heads = 3 });
        using ViTEncoder resized = asTrained.Encoder.WithImageSize(imageSize);
        TestEncoders.ShouldAgree(imported.Encoder, resized, 0);
    }

    [Fact]
    public void An_imported_encoder_is_saved_and_loaded_with_its_positions()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "timm-norm.safetensors", "timm-fc-norm.safetensors" })
        {
            using ImportedEncoder imported = PretrainedEncoder.Load(Parity.PathOf(name), new EncoderImportOptions { Heads = 3 });
            imported.Encoder.Save(folder.File("ours.safetensors"));

            using ViTEncoder loaded = ViTEncoder.Load(folder.File("ours.safetensors"));
            using ImportedEncoder again = PretrainedEncoder.Load(folder.File("ours.safetensors"));

            TestEncoders.ShouldAgree(loaded, imported.Encoder, 0);
            TestEncoders.ShouldAgree(again.Encoder, imported.Encoder, 0);
            again.Report.Naming.Should().Be(WeightNaming.NJepa);
            loaded.HasOwnPositions.Should().BeTrue();
        }
    }

    private static void ShouldGive(ViTEncoder encoder, string name, double tolerance = Tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile expected = SafetensorsFile.Open(Parity.PathOf("expected.safetensors"));
        Parity.ShouldMatch(encoder.Encode(expected.Read("images")), expected.Read(name), tolerance, what: name);
    }
}
