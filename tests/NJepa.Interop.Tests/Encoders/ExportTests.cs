namespace NJepa.Interop.Tests.Encoders;

/// <summary>An encoder goes out in each naming and comes back with the same outputs.</summary>
public sealed class ExportTests : TensorTest
{
    public static TheoryData<WeightNaming, string> Namings => new()
    {
        { WeightNaming.NJepa, "encoder.safetensors" },
        { WeightNaming.IJepa, "encoder.pth.tar" },
        { WeightNaming.Timm, "encoder.safetensors" },
        { WeightNaming.HuggingFace, "folder" },
    };

    [Theory]
    [MemberData(nameof(Namings))]
    public void Out_and_in_gives_the_same_outputs(WeightNaming naming, string name)
    {
        using var folder = new TemporaryFolder();
        using ViTEncoder encoder = TestEncoders.Scrambled(TestEncoders.Tiny);
        using ViTEncoder larger = encoder.WithImageSize(24);
        foreach (ViTEncoder saved in new[] { encoder, larger })
        {
            PretrainedEncoder.Save(saved, folder.File(name), naming);

            using ImportedEncoder loaded = PretrainedEncoder.Load(folder.File(name), new EncoderImportOptions { Heads = 3 });

            TestEncoders.ShouldAgree(loaded.Encoder, saved, 0);
            loaded.Encoder.HasOwnPositions.Should().Be(saved.HasOwnPositions);
            loaded.Report.Naming.Should().Be(naming);
        }
    }

    [Theory]
    [MemberData(nameof(Namings))]
    public void Heads_that_are_not_a_presets_come_back(WeightNaming naming, string name)
    {
        using var folder = new TemporaryFolder();
        using ViTEncoder encoder = TestEncoders.Scrambled(ViT.Nano4 with { Heads = 6 });
        PretrainedEncoder.Save(encoder, folder.File(name), naming);

        using ImportedEncoder loaded = PretrainedEncoder.Load(folder.File(name));

        loaded.Encoder.Configuration.Should().Be(encoder.Configuration);
        loaded.Report.Notes.Should().NotContain(note => note.Contains("attention heads"));
        TestEncoders.ShouldAgree(loaded.Encoder, encoder, 0);
    }

    [Theory]
    [MemberData(nameof(Namings))]
    public void An_odd_MLP_ratio_comes_back(WeightNaming naming, string name)
    {
        using var folder = new TemporaryFolder();
        using ViTEncoder encoder = TestEncoders.Scrambled(TestEncoders.Tiny with { MlpRatio = 2.71 });
        PretrainedEncoder.Save(encoder, folder.File(name), naming);
        using ImportedEncoder loaded = PretrainedEncoder.Load(folder.File(name));
        loaded.Encoder.Configuration.Should().Be(encoder.Configuration);
    }

    [Fact]
    public void Both_encoders_of_a_checkpoint_share_their_numbers()
    {
        using var folder = new TemporaryFolder();
        using ViTEncoder encoder = TestEncoders.Scrambled(ViT.Nano4);
        PretrainedEncoder.Save(encoder, folder.File("a.pth.tar"), WeightNaming.IJepa);
        PretrainedEncoder.Save(encoder, folder.File("a.safetensors"), WeightNaming.Timm);
        new FileInfo(folder.File("a.pth.tar")).Length.Should().BeLessThan((long)(1.1 * new FileInfo(folder.File("a.safetensors")).Length));
        foreach (string module in new[] { "encoder", "target_encoder" })
        {
            using ImportedEncoder loaded = PretrainedEncoder.Load(folder.File("a.pth.tar"), new EncoderImportOptions { Module = module });
            TestEncoders.ShouldAgree(loaded.Encoder, encoder, 0);
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_saved_stays_as_it_was()
    {
        using var folder = new TemporaryFolder();
        using ViTEncoder encoder = TestEncoders.Scrambled(TestEncoders.Tiny);
        using ViTEncoder other = TestEncoders.Scrambled(TestEncoders.Tiny with { Heads = 4 });
        PretrainedEncoder.Save(encoder, folder.File("here"), WeightNaming.HuggingFace);
        File.Delete(folder.File("here/config.json"));
        Directory.CreateDirectory(folder.File("here/config.json"));

        FluentActions.Invoking(() => PretrainedEncoder.Save(other, folder.File("here"), WeightNaming.HuggingFace)).Should().Throw<Exception>().Which.Should().Match(e => e is IOException || e is UnauthorizedAccessException);

        Directory.EnumerateFileSystemEntries(folder.File("here")).Select(Path.GetFileName).Should().BeEquivalentTo("config.json", "model.safetensors", "preprocessor_config.json");
        using ImportedEncoder loaded = PretrainedEncoder.Load(folder.File("here/model.safetensors"));
        TestEncoders.ShouldAgree(loaded.Encoder, encoder, 0);
    }

    [Fact]
    public void A_description_of_another_encoder_beside_the_weights_is_refused()
    {
        using var folder = new TemporaryFolder();
        using ViTEncoder encoder = TestEncoders.Scrambled(TestEncoders.Tiny);
        PretrainedEncoder.Save(encoder, folder.File("here"), WeightNaming.HuggingFace);
        string config = folder.File("here/config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"num_attention_heads\": 3", "\"num_attention_heads\": 4"));
        FluentActions.Invoking(() => PretrainedEncoder.Load(folder.File("here"))).Should().Throw<WeightsException>().WithMessage("*num_attention_heads is 4 in config.json and 3 in the metadata of the weights; one of them is of another encoder*");
    }

    [Fact]
    public void The_model_of_a_run_is_not_replaced_by_an_encoder()
    {
        using var folder = new TemporaryFolder();
        using JepaModel model = Parity.TinyModel().Build();
        model.SaveWeights(folder.File("model.safetensors"));
        byte[] before = File.ReadAllBytes(folder.File("model.safetensors"));
        FluentActions.Invoking(() => PretrainedEncoder.Save(model.Student, folder.Path, WeightNaming.HuggingFace)).Should().Throw<IOException>().WithMessage("*holds NJepa's own weights (model)*Give another folder*");
        File.ReadAllBytes(folder.File("model.safetensors")).Should().Equal(before);
        Directory.GetFiles(folder.Path).Should().HaveCount(1);
    }

    [Fact]
    public void Heads_that_were_guessed_are_noted()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using ViTEncoder encoder = ViTEncoder.Create(ViT.Nano4);
        SafetensorsFile.Write(folder.File("bare.safetensors"), encoder.Parameters.Parameters.Select(parameter => KeyValuePair.Create(parameter.Name, parameter.Value)).Append(KeyValuePair.Create("pos_embed", ones(1, 64, 96))));
        using ImportedEncoder loaded = PretrainedEncoder.Load(folder.File("bare.safetensors"));
        loaded.Report.Notes.Should().Contain(note => note.StartsWith("the number of attention heads, 3, was taken from the preset ViT-Nano/4"));
    }

    [Theory]
    [InlineData(WeightNaming.Timm, "a.pth", "*'*a.pth' ends in '.pth', and Timm weights are a file such as 'encoder.safetensors'*")]
    [InlineData(WeightNaming.NJepa, "a.pth.tar", "*ends in '.pth.tar', and NJepa weights are*")]
    [InlineData(WeightNaming.IJepa, "a.safetensors", "*ends in '.safetensors', and IJepa weights are a PyTorch file*")]
    [InlineData(WeightNaming.HuggingFace, "a.safetensors", "*ends in '.safetensors', and HuggingFace weights are a folder*")]
    public void A_name_that_says_another_format_is_refused(WeightNaming naming, string name, string message)
    {
        using var folder = new TemporaryFolder();
        using ViTEncoder encoder = TestEncoders.Scrambled(TestEncoders.Tiny);
        FluentActions.Invoking(() => PretrainedEncoder.Save(encoder, folder.File(name), naming)).Should().Throw<ArgumentException>().WithMessage(message);
        Directory.EnumerateFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void A_student_inside_a_model_goes_out_as_well()
    {
        using var folder = new TemporaryFolder();
        using JepaModel model = Parity.TinyModel().Build();
        TestEncoders.Scramble(model.Parameters);

        PretrainedEncoder.Save(model.Student, folder.File("a.safetensors"), WeightNaming.Timm);

        using ImportedEncoder loaded = PretrainedEncoder.Load(folder.File("a.safetensors"), new EncoderImportOptions { Heads = 3 });
        TestEncoders.ShouldAgree(loaded.Encoder, model.Student, 0);
    }

    [Theory]
    [InlineData("ijepa.pth.tar", WeightNaming.IJepa, "out.pth.tar", "target_encoder.module.")]
    [InlineData("timm-norm.safetensors", WeightNaming.Timm, "out.safetensors", "")]
    [InlineData("timm-fc-norm.safetensors", WeightNaming.Timm, "out.safetensors", "")]
    [InlineData("transformers", WeightNaming.HuggingFace, "out", "")]
    public void What_goes_out_has_the_names_and_bits_of_what_came_in(string source, WeightNaming naming, string name, string prefix)
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using ImportedEncoder imported = PretrainedEncoder.Load(Parity.PathOf(source), new EncoderImportOptions { Heads = 3 });

        PretrainedEncoder.Save(imported.Encoder, folder.File(name), naming, new ImageNormalization(0.1, 0.2, 0.3, 0.4, 0.5, 0.6));

        using TensorFile theirs = TensorFile.Open(Parity.PathOf(source)), ours = TensorFile.Open(folder.File(name));
        string[] names = [.. theirs.Entries.Select(entry => entry.Name).Where(entry => entry.StartsWith(prefix, StringComparison.Ordinal) && !entry.StartsWith("head.", StringComparison.Ordinal))];
        ours.Entries.Select(entry => entry.Name).Where(entry => entry.StartsWith(prefix, StringComparison.Ordinal)).Should().BeEquivalentTo(names);
        foreach (string entry in names.Where(entry => naming != WeightNaming.IJepa || !entry.EndsWith("pos_embed", StringComparison.Ordinal)))
        {
            Bits.ShouldBeEqual(ours.Read(entry), theirs.Read(entry), entry);
        }

        if (naming == WeightNaming.HuggingFace)
        {
            File.ReadAllText(Path.Combine(folder.File(name), "config.json")).Should().Contain("\"model_type\": \"ijepa\"").And.Contain("\"num_attention_heads\": 3").And.Contain("\"layer_norm_eps\": 1E-06");
            File.ReadAllText(Path.Combine(folder.File(name), "preprocessor_config.json")).Should().Contain("0.6").And.Contain("\"height\": 16");
        }
    }

    [Fact]
    public void A_network_that_the_other_program_does_not_have_is_refused()
    {
        using var folder = new TemporaryFolder();
        using ViTEncoder encoder = TestEncoders.Scrambled(TestEncoders.Tiny with { NormAfterPooling = true });
        foreach (WeightNaming naming in new[] { WeightNaming.HuggingFace, WeightNaming.IJepa })
        {
            FluentActions.Invoking(() => PretrainedEncoder.Save(encoder, folder.File("a"), naming)).Should().Throw<ArgumentException>().WithMessage("*has its final norm after pooling*");
        }

        FluentActions.Invoking(() => PretrainedEncoder.Save(encoder, folder.File("a"), (WeightNaming)9)).Should().Throw<ArgumentException>().WithMessage("There is no naming 9; it is one of NJepa, IJepa, HuggingFace, Timm.*");
        File.WriteAllText(folder.File("a"), "");
        using ViTEncoder plain = TestEncoders.Scrambled(TestEncoders.Tiny);
        FluentActions.Invoking(() => PretrainedEncoder.Save(plain, folder.File("a"), WeightNaming.HuggingFace)).Should().Throw<IOException>().WithMessage("*is a file; transformers loads a folder*");
    }
}
