using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Weights;

/// <summary>Models and encoders come back from their files as they were, and a file that does not fit changes nothing.</summary>
public sealed class JepaWeightsTests : TensorTest
{
    public static TheoryData<string, JepaBuilder> Models => new()
    {
        { "I-JEPA", Small.IJepa() },
        { "N-JEPA", Small.NJepa() },
        { "shared predictor", Small.NJepa().WithSharedPredictor() },
        { "shared token", Small.NJepa().WithSharedMaskToken() },
        { "both shared", Small.NJepa().WithSharedPredictor().WithSharedMaskToken() },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_comes_back_bit_for_bit(string what, JepaBuilder builder)
    {
        using var folder = new TemporaryFolder();
        using JepaModel saved = builder.WithSeed(1).Build(), loaded = builder.WithSeed(2).Build();
        Small.Scramble(saved);
        saved.SaveWeights(folder.File("model.safetensors"));

        loaded.LoadWeights(folder.File("model.safetensors"));

        Small.ShouldBeBitEqual(loaded.Parameters.Values, saved.Parameters.Values, what);
        Small.ShouldBeBitEqual(loaded.TeacherParameters.Values, saved.TeacherParameters.Values, what);
        using DisposeScope scope = NewDisposeScope();
        Small.Item(Small.Step(loaded).Losses.Total).Should().Be(Small.Item(Small.Step(saved).Losses.Total));
        Directory.GetFiles(folder.Path).Should().ContainSingle("no temporary file may stay behind");
    }

    [Theory]
    [InlineData("b_tiny.safetensors", false)]
    [InlineData("j_njepa.safetensors", true)]
    public void Names_and_shapes_are_those_of_the_reference(string fixture, bool noisy)
    {
        using var folder = new TemporaryFolder();
        using JepaModel model = (noisy ? Small.NJepa() : Small.IJepa()).Build();
        model.SaveWeights(folder.File("model.safetensors"));
        using SafetensorsFile ours = SafetensorsFile.Open(folder.File("model.safetensors")), reference = SafetensorsFile.Open(Parity.PathOf(fixture));

        Describe(ours).Should().BeEquivalentTo(Describe(reference).Where(IsWeight));
        ours.Metadata.Should().BeEquivalentTo(new Dictionary<string, string>
        {
            ["format"] = "pt", ["njepa.content"] = "model", ["njepa.seed"] = "0", ["njepa.recipe"] = noisy ? "n-jepa (changed)" : "i-jepa (changed)",
            ["njepa.vit"] = """{"Name":"tiny","ImageSize":32,"PatchSize":4,"Width":48,"Depth":2,"Heads":3,"MlpRatio":4,"Channels":3}""",
            ["njepa.predictor"] = """{"Width":24,"Depth":2,"Heads":3,"MlpRatio":4,"MlpWidth":96}""",
        });
    }

    [Fact]
    public void Weights_of_the_reference_load_as_they_are()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using SafetensorsFile reference = SafetensorsFile.Open(Parity.PathOf("b_tiny.safetensors"));
        SafetensorsFile.Write(folder.File("theirs.safetensors"), Describe(reference).Where(IsWeight).Select(line => line.Split(' ')[0]).Select(name => KeyValuePair.Create(name, reference.Read(name))));
        using JepaModel model = Small.IJepa().Build();

        model.LoadWeights(folder.File("theirs.safetensors"));

        Parity.ShouldMatch(model.Student.Encode(reference.Read("input.images")), reference.Read("caseA.encoder_out_full"), 2e-5);
        Parity.ShouldMatch(model.Teacher.Encode(reference.Read("input.images")), reference.Read("caseA.target_out_full"), 2e-5);
    }

    [Fact]
    public void An_encoder_comes_back_alone_with_names_of_its_own()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using JepaModel model = Small.NJepa().Build();
        Small.Scramble(model);
        Tensor images = Small.Images();
        foreach (ViTEncoder encoder in new[] { model.Student, model.Teacher })
        {
            string path = folder.File("encoder.safetensors");
            encoder.Save(path);
            using (SafetensorsFile file = SafetensorsFile.Open(path))
            {
                file.Entries.Select(entry => entry.Name).Should().BeEquivalentTo(
                    model.TeacherParameters.Parameters.Select(parameter => parameter.Name["target_encoder.".Length..]).Append("pos_embed"));
                file.Find("pos_embed")!.Shape.Should().Equal(1, 64, 48);
                file.Metadata["njepa.content"].Should().Be("encoder");
                file.Metadata["njepa.vit"].Should().Be("""{"Name":"tiny","ImageSize":32,"PatchSize":4,"Width":48,"Depth":2,"Heads":3,"MlpRatio":4,"Channels":3}""");
            }

            using ViTEncoder loaded = ViTEncoder.Load(path);
            loaded.Configuration.Should().Be(encoder.Configuration);
            Parity.ShouldMatch(loaded.Encode(images), encoder.Encode(images), 1e-6);

            loaded.Save(folder.File("again.safetensors"));
            File.ReadAllBytes(folder.File("again.safetensors")).Should().Equal(File.ReadAllBytes(path));
        }
    }

    [Fact]
    public void Everything_that_does_not_fit_is_listed_and_nothing_is_changed()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using JepaModel model = Small.IJepa().Build();
        string good = folder.File("good.safetensors"), bad = folder.File("bad.safetensors");
        model.SaveWeights(good);
        using (SafetensorsFile file = SafetensorsFile.Open(good))
        {
            var tensors = file.Entries.ToDictionary(entry => entry.Name, entry => file.Read(entry.Name));
            tensors.Remove("encoder.norm.bias");
            tensors["encoder.norm.weight"] = ones(49);
            tensors["predictor.mask_token"] = ones(1, 1, 24, ScalarType.Float16);
            tensors["target_encoder.cls_token"] = ones(1, 1, 48);
            tensors["encoder.pos_embed"] = tensors["encoder.pos_embed"] + 0.5f;
            tensors["target_encoder.pos_embed"] = ones(1, 16, 48);
            SafetensorsFile.Write(bad, tensors);
        }

        float[] before = Small.Values(model.Parameters.Values), teacher = Small.Values(model.TeacherParameters.Values);
        Action load = () => model.LoadWeights(bad);

        load.Should().Throw<WeightsException>().Which.Message.Should().Be($"""
            The weights in {bad} do not fit the model; nothing was loaded. Build the model with the sizes that the file was saved with.
            - 'predictor.mask_token' has type Float16 in the file and Float32 in the model
            - 'encoder.norm.weight' has shape [49] in the file and [48] in the model
            - 'encoder.norm.bias' [48] is missing from the file
            - 'encoder.pos_embed' differs by up to 0.5 from the sin-cos table of the model, whose positions are fixed
            - 'target_encoder.pos_embed' has shape [1,16,48] in the file and [1,64,48] in the model
            - 'target_encoder.cls_token' [1,1,48] is not part of the model
            """.ReplaceLineEndings("\n"));
        Small.Values(model.Parameters.Values).Should().Equal(before);
        Small.Values(model.TeacherParameters.Values).Should().Equal(teacher);
    }

    [Fact]
    public void Long_lists_of_differences_are_cut_and_counted()
    {
        using var folder = new TemporaryFolder();
        using JepaModel small = Small.NJepa().Build();
        using JepaModel large = JepaBuilder.WithEncoder(ViT.Nano4).WithMasking(small.Configuration.Recipe.Masking).Build();
        small.SaveWeights(folder.File("small.safetensors"));

        Action load = () => large.LoadWeights(folder.File("small.safetensors"));

        string[] lines = load.Should().Throw<WeightsException>().Which.Message.Split('\n');
        lines.Should().HaveCount(22);
        lines[^1].Should().MatchRegex("^- and [0-9]+ more$");
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        using JepaModel model = Small.IJepa().Build();
        foreach (Action load in new Action[] { () => model.LoadWeights("no/such.safetensors"), () => ViTEncoder.Load("no/such.safetensors") })
        {
            load.Should().Throw<FileNotFoundException>().WithMessage("There is no weights file 'no/such.safetensors'.").Which.FileName.Should().Be("no/such.safetensors");
        }
    }

    [Theory]
    [InlineData(null, "does not describe an NJepa encoder (its metadata must say 'njepa.content' = 'encoder', and 'njepa.vit'). Load files that ViTEncoder.Save wrote; for whole models use JepaModel.LoadWeights, and for encoders of other programs PretrainedEncoder.Load of NJepa.Interop.")]
    [InlineData("null", "describes its encoder unreadably: the description is null")]
    [InlineData("{", "describes its encoder unreadably: *")]
    [InlineData("""{"Width":"wide"}""", "describes its encoder unreadably: *")]
    [InlineData("""{"Width":99999999999}""", "describes its encoder unreadably: *")]
    [InlineData("""{"Width":6,"Heads":1}""", "describes an encoder that cannot be built:\n- ViT.Width is 6; it must be a multiple of 4 (sines and cosines of two axes) from 4 to 16384.")]
    [InlineData("""{"Width":16384,"Heads":1,"Depth":1000}""", "describes an encoder of 3221451096064 parameters, but holds only 2 numbers; it is damaged or was changed. Save it again.")]
    [InlineData("""{"Width":4,"Heads":1,"Depth":1,"ImageSize":1,"PatchSize":1,"Channels":1,"MlpRatio":0.25}""", "describes an encoder of 125 parameters, but holds only 2 numbers; it is damaged or was changed. Save it again.")]
    public void Files_that_describe_no_encoder_are_refused(string? description, string message)
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        string path = folder.File("encoder.safetensors");
        var metadata = new Dictionary<string, string> { ["njepa.content"] = "encoder" };
        if (description is not null)
        {
            metadata["njepa.vit"] = description;
        }

        SafetensorsFile.Write(path, [KeyValuePair.Create("a", ones(2))], metadata);

        Action load = () => ViTEncoder.Load(path);

        load.Should().Throw<WeightsException>().WithMessage($"{path} {message}");
    }

    private static IEnumerable<string> Describe(SafetensorsFile file) => file.Entries.Select(entry => $"{entry.Name} {entry.Type} [{string.Join(",", entry.Shape)}]");

    private static bool IsWeight(string line) => line.Split('.')[0] is "encoder" or "predictor" or "target_encoder" or "noisy_predictor";
}
