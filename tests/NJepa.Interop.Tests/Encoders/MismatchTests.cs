namespace NJepa.Interop.Tests.Encoders;

/// <summary>Whatever does not fit is said, with its reason; strict loading refuses, the other kind reports.</summary>
public sealed class MismatchTests : TensorTest
{
    private static readonly EncoderImportOptions ThreeHeads = new() { Heads = 3 };

    private static readonly string[] Twice = ["a.", "b."];

    public static TheoryData<string, string> Extras => new()
    {
        { "cls_token", "*'cls_token' * is a class token; NJepa's networks have none*" },
        { "reg_token", "*register tokens*" },
        { "blocks.0.ls1.gamma", "*a layer scale; NJepa's blocks have none*" },
        { "blocks.0.attn.q_norm.weight", "*a norm of queries or keys*" },
        { "norm_pre.weight", "*a norm before the blocks*" },
        { "something.else", "*not part of an encoder that NJepa knows*" },
    };

    [Theory]
    [MemberData(nameof(Extras))]
    public void Tensors_that_would_change_the_outputs_are_refused(string name, string message)
    {
        using var folder = new TemporaryFolder();
        string path = Changed(folder, tensors => tensors[name] = ones(1, 1, 24));
        FluentActions.Invoking(() => PretrainedEncoder.Load(path, ThreeHeads)).Should().Throw<WeightsException>().WithMessage(message);

        using ImportedEncoder loose = PretrainedEncoder.Load(path, ThreeHeads with { Strict = false });
        loose.Report.Problems.Should().ContainSingle();
        loose.Report.Notes.Should().Contain(note => note.Contains("has random weights"));
        loose.Report.IsComplete.Should().BeFalse();
    }

    [Fact]
    public void Every_problem_is_listed_with_its_reason()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        string path = Changed(folder, tensors =>
        {
            tensors.Remove("blocks.1.norm2.bias");
            tensors["blocks.0.mlp.fc2.bias"] = ones(25);
            tensors["norm.weight"] = ones(24, ScalarType.Int64);
        });

        FluentActions.Invoking(() => PretrainedEncoder.Load(path, ThreeHeads)).Should().Throw<WeightsException>().WithMessage("""
            *changed.safetensors (Timm names): 25 parameters matched, 3 problems, 2 left out
            - problem: 'blocks.0.mlp.fc2.bias' has shape [25] in the file; the network needs [24]
            - problem: 'blocks.1.norm2.bias' [24] is missing from the file
            - problem: 'norm.weight' has type Int64 in the file; weights are Float32, Float64, Float16, BFloat16
            - left out: 'head.weight' is a classifier's head
            - left out: 'head.bias' is a classifier's head
            Nothing was loaded.*
            """);

        using ImportedEncoder loose = PretrainedEncoder.Load(path, ThreeHeads with { Strict = false }), whole = PretrainedEncoder.Load(Parity.PathOf("timm-norm.safetensors"), ThreeHeads);
        Bits.ShouldBeEqual(loose.Encoder.Parameters["blocks.0.attn.qkv.weight"].Value, whole.Encoder.Parameters["blocks.0.attn.qkv.weight"].Value, "what fits");
        loose.Encoder.Parameters["norm.weight"].Value.data<float>().ToArray().Should().AllBeEquivalentTo(1f, "what does not fit begins as usual");
        loose.Encoder.Parameters["blocks.1.norm2.bias"].Value.data<float>().ToArray().Should().AllBeEquivalentTo(0f);
    }

    [Fact]
    public void Absent_biases_of_queries_keys_and_values_are_zero()
    {
        using var folder = new TemporaryFolder();
        string path = Changed(folder, tensors =>
        {
            tensors.Remove("blocks.0.attn.qkv.bias");
            tensors.Remove("blocks.1.attn.qkv.bias");
        });

        using ImportedEncoder imported = PretrainedEncoder.Load(path, ThreeHeads);

        imported.Encoder.Parameters["blocks.1.attn.qkv.bias"].Value.data<float>().ToArray().Should().AllBeEquivalentTo(0f);
        imported.Report.Notes.Should().Contain(note => note.StartsWith("queries, keys and values have no biases"));
    }

    [Fact]
    public void Heads_that_cannot_be_told_are_asked_for()
    {
        using var folder = new TemporaryFolder();
        FluentActions.Invoking(() => PretrainedEncoder.Load(Parity.PathOf("timm-norm.safetensors"))).Should().Throw<WeightsException>()
            .WithMessage("*width 24 and depth 2; the number of its attention heads cannot be told from weights. Set EncoderImportOptions.Heads*");
        FluentActions.Invoking(() => PretrainedEncoder.Load(Parity.PathOf("timm-norm.safetensors"), new EncoderImportOptions { Heads = 5 })).Should().Throw<ArgumentException>().WithMessage("*width 24, which 5 heads do not divide; the number of heads must be one of 1, 2, 3, 4, 6, 8, 12, 24.*");

        // A preset's are known: ViT-Nano has 3 at width 96 and depth 4.
        using ViTEncoder nano = ViTEncoder.Create(ViT.Nano4);
        PretrainedEncoder.Save(nano, folder.File("nano.safetensors"), WeightNaming.Timm);
        using ImportedEncoder imported = PretrainedEncoder.Load(folder.File("nano.safetensors"));
        imported.Encoder.Configuration.Should().Be(ViT.Nano4);
    }

    [Theory]
    [InlineData("""{"model_type":"vit","num_attention_heads":3}""", "*model_type is 'vit'*")]
    [InlineData("""{"hidden_act":"relu","num_attention_heads":3}""", "*hidden_act is 'relu'*exact GELU*")]
    [InlineData("{", "*config.json cannot be read as a description of a network: it is no JSON at line 1, byte 2. Mend it*")]
    [InlineData("[]", "*config.json cannot be read as a description of a network*")]
    public void Descriptions_of_other_networks_are_refused(string json, string message)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Parity.PathOf("transformers/model.safetensors"), folder.File("model.safetensors"));
        File.WriteAllText(folder.File("config.json"), json);
        FluentActions.Invoking(() => PretrainedEncoder.Load(folder.Path)).Should().Throw<WeightsException>().WithMessage(message);
    }

    [Theory]
    [InlineData("""{"num_attention_heads":-3}""", "*-3 heads do not divide*")]
    [InlineData("""{"num_attention_heads":0}""", "*0 heads do not divide*")]
    [InlineData("""{"num_attention_heads":1e99}""", "*num_attention_heads is 1e99; it must be a whole number*")]
    [InlineData("""{"num_attention_heads":"3"}""", "*num_attention_heads is \"3\"; it must be a whole number*")]
    [InlineData("""{"num_attention_heads":3.5}""", "*num_attention_heads is 3.5; it must be a whole number*")]
    [InlineData("""{"num_attention_heads":null}""", "*number of its attention heads cannot be told*")]
    public void Odd_numbers_of_heads_are_refused(string json, string message)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Parity.PathOf("transformers/model.safetensors"), folder.File("model.safetensors"));
        File.WriteAllText(folder.File("config.json"), json);
        FluentActions.Invoking(() => PretrainedEncoder.Load(folder.Path)).Should().Throw<WeightsException>().WithMessage(message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-16)]
    [InlineData(int.MaxValue)]
    [InlineData(4096)]
    public void Impossible_image_sizes_are_refused(int imageSize)
    {
        FluentActions.Invoking(() => PretrainedEncoder.Load(Parity.PathOf("timm-norm.safetensors"), ThreeHeads with { ImageSize = imageSize })).Should().Throw<ArgumentException>().WithMessage("The encoder cannot take images of that size*");
        using ImportedEncoder imported = PretrainedEncoder.Load(Parity.PathOf("timm-norm.safetensors"), ThreeHeads);
        FluentActions.Invoking(() => imported.Encoder.WithImageSize(imageSize)).Should().Throw<ArgumentException>().WithMessage("The encoder cannot take images of that size*");
    }

    [Theory]
    [InlineData("num_hidden_layers", 3)]
    [InlineData("hidden_size", 48)]
    [InlineData("intermediate_size", 48)]
    [InlineData("patch_size", 8)]
    [InlineData("num_channels", 1)]
    [InlineData("image_size", 32)]
    public void Descriptions_that_contradict_the_weights_are_refused(string name, int value)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Parity.PathOf("transformers/model.safetensors"), folder.File("model.safetensors"));
        File.WriteAllText(folder.File("config.json"), $$"""{"num_attention_heads":3,"{{name}}":{{value}}}""");
        FluentActions.Invoking(() => PretrainedEncoder.Load(folder.Path)).Should().Throw<WeightsException>().WithMessage($"*{name} is {value} in what describes the network, and * by the weights*");
    }

    [Fact]
    public void A_file_that_lost_blocks_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();

        // The last one: the metadata tell. One in between: the later ones tell.
        using ViTEncoder encoder = ViTEncoder.Create(ViT.Nano4);
        PretrainedEncoder.Save(encoder, folder.File("whole.safetensors"), WeightNaming.Timm);
        using SafetensorsFile whole = SafetensorsFile.Open(folder.File("whole.safetensors"));
        foreach ((int block, string message) in new[] { (3, "*Depth is 4 in what describes the network, and 3 by the weights*"), (1, "*'blocks.1.norm1.weight' [96] is missing from the file*") })
        {
            SafetensorsFile.Write(folder.File("cut.safetensors"), whole.Entries.Where(entry => !entry.Name.StartsWith($"blocks.{block}.", StringComparison.Ordinal)).Select(entry => KeyValuePair.Create(entry.Name, whole.Read(entry.Name))), whole.Metadata);
            FluentActions.Invoking(() => PretrainedEncoder.Load(folder.File("cut.safetensors"))).Should().Throw<WeightsException>().WithMessage(message);
        }
    }

    [Fact]
    public void Heads_that_contradict_the_description_are_refused() =>
        FluentActions.Invoking(() => PretrainedEncoder.Load(Parity.PathOf("transformers"), new EncoderImportOptions { Heads = 4 })).Should().Throw<WeightsException>().WithMessage("*EncoderImportOptions.Heads is 4, and what describes the network says 3*");

    [Fact]
    public void Another_epsilon_is_noted()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Parity.PathOf("transformers/model.safetensors"), folder.File("model.safetensors"));
        File.WriteAllText(folder.File("config.json"), """{"model_type":"ijepa","num_attention_heads":3,"layer_norm_eps":1e-12}""");
        using ImportedEncoder imported = PretrainedEncoder.Load(folder.Path);
        imported.Report.Notes.Should().ContainSingle().Which.Should().StartWith("layer_norm_eps is 1E-12 in config.json");
    }

    [Fact]
    public void Files_without_a_vision_transformer_or_with_several_say_what_they_hold()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        FluentActions.Invoking(() => PretrainedEncoder.Load(Parity.PathOf("types.pth"))).Should().Throw<WeightsException>().WithMessage("*holds no vision transformer of a known naming*'float64'*");
        FluentActions.Invoking(() => PretrainedEncoder.Load(Parity.PathOf("ijepa.pth.tar"), ThreeHeads with { Module = "student" })).Should().Throw<WeightsException>()
            .WithMessage("*has no encoder 'student'; it has 'encoder', 'target_encoder'. Set EncoderImportOptions.Module*");

        using TensorFile timm = TensorFile.Open(Parity.PathOf("timm-norm.safetensors"));
        SafetensorsFile.Write(folder.File("two.safetensors"), timm.Entries.SelectMany(entry => Twice.Select(prefix => KeyValuePair.Create(prefix + entry.Name, timm.Read(entry.Name)))));
        FluentActions.Invoking(() => PretrainedEncoder.Load(folder.File("two.safetensors"), ThreeHeads)).Should().Throw<WeightsException>().WithMessage("*has several encoders, 'a', 'b'. Set EncoderImportOptions.Module*");
        using ImportedEncoder b = PretrainedEncoder.Load(folder.File("two.safetensors"), ThreeHeads with { Module = "b" }), alone = PretrainedEncoder.Load(Parity.PathOf("timm-norm.safetensors"), ThreeHeads);
        TestEncoders.ShouldAgree(b.Encoder, alone.Encoder, 0);
    }

    [Fact]
    public void Positions_that_are_no_square_grid_are_explained()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        string path = Changed(folder, tensors => tensors["pos_embed"] = ones(1, 17, 24));
        FluentActions.Invoking(() => PretrainedEncoder.Load(path, ThreeHeads)).Should().Throw<WeightsException>().WithMessage("*[1,17,24], which are not those of a square grid of patches. It is one more than 4 x 4: the network has a class token*");
        string without = Changed(folder, tensors => tensors.Remove("pos_embed"));
        FluentActions.Invoking(() => PretrainedEncoder.Load(without, ThreeHeads)).Should().Throw<WeightsException>().WithMessage("*has no position table 'pos_embed' that would tell the image size. Set EncoderImportOptions.ImageSize.");
        FluentActions.Invoking(() => PretrainedEncoder.Load(without, ThreeHeads with { ImageSize = 16 })).Should().Throw<WeightsException>().WithMessage("*there is no position table 'pos_embed'*");
        using ImportedEncoder imported = PretrainedEncoder.Load(without, ThreeHeads with { ImageSize = 16, Strict = false });
        imported.Encoder.HasOwnPositions.Should().BeFalse();
        FluentActions.Invoking(() => PretrainedEncoder.Load(Parity.PathOf("timm-norm.safetensors"), ThreeHeads with { ImageSize = 18 })).Should().Throw<ArgumentException>().WithMessage("*not a multiple of ViT.PatchSize = 4*");
    }

    private static string Changed(TemporaryFolder folder, Action<Dictionary<string, Tensor>> change)
    {
        using DisposeScope scope = NewDisposeScope();
        using TensorFile file = TensorFile.Open(Parity.PathOf("timm-norm.safetensors"));
        var tensors = file.Entries.ToDictionary(entry => entry.Name, entry => file.Read(entry.Name));
        change(tensors);
        SafetensorsFile.Write(folder.File("changed.safetensors"), tensors);
        return folder.File("changed.safetensors");
    }
}
