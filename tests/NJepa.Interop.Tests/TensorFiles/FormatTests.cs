namespace NJepa.Interop.Tests.TensorFiles;

/// <summary>Formats are told by content, and what is not read says what to do.</summary>
public sealed class FormatTests : TensorTest
{
    [Fact]
    public void Folders_are_opened_as_Hugging_Face_lays_them_out()
    {
        using DisposeScope scope = NewDisposeScope();
        using TensorFile whole = TensorFile.Open(Parity.PathOf("transformers")), sharded = TensorFile.Open(Parity.PathOf("transformers-sharded"));

        sharded.Path.Should().EndWith("model.safetensors.index.json");
        sharded.Entries.Select(entry => entry.Name).Should().BeEquivalentTo(whole.Entries.Select(entry => entry.Name));
        foreach (TensorEntry entry in whole.Entries)
        {
            Bits.ShouldBeEqual(sharded.Read(entry.Name), whole.Read(entry.Name), entry.Name);
        }
    }

    [Theory]
    [InlineData(1, 13)]
    [InlineData(100, 5)]
    [InlineData(1 << 20, 1)]
    public void Shards_are_written_and_read_bit_for_bit(long maxShardBytes, int files)
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using TensorFile types = TensorFile.Open(Parity.PathOf("types.safetensors"));

        string index = ShardedSafetensors.Write(folder.Path, types.Entries.Select(entry => KeyValuePair.Create(entry.Name, types.Read(entry.Name))), maxShardBytes, new Dictionary<string, string> { ["a"] = "b" });

        Directory.GetFiles(folder.Path, "model-*-of-*.safetensors").Should().HaveCountLessThanOrEqualTo(files).And.HaveCountGreaterThan(files / 2);
        using TensorFile sharded = TensorFile.Open(folder.Path);
        sharded.Path.Should().Be(index);
        sharded.Metadata["a"].Should().Be("b");
        sharded.Entries.Select(entry => entry.Name).Should().Equal(types.Entries.Select(entry => entry.Name));
        foreach (TensorEntry entry in types.Entries)
        {
            Bits.ShouldBeEqual(sharded.Read(entry.Name), types.Read(entry.Name), entry.Name);
        }
    }

    [Fact]
    public void Shards_that_cannot_be_written_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        Tensor one = ones(1);
        Action Writing(params KeyValuePair<string, Tensor>[] tensors) => () => ShardedSafetensors.Write(folder.Path, tensors, 1);
        Writing().Should().Throw<ArgumentException>().WithMessage("There is no tensor to write*");
        Writing(KeyValuePair.Create("a", one), KeyValuePair.Create("a", one)).Should().Throw<ArgumentException>().WithMessage("There are two tensors named 'a'*");
        FluentActions.Invoking(() => ShardedSafetensors.Write(folder.Path, [KeyValuePair.Create("a", one)], 0)).Should().Throw<ArgumentOutOfRangeException>();
        File.WriteAllText(folder.File("model.safetensors"), "");
        Writing(KeyValuePair.Create("a", one)).Should().Throw<IOException>().WithMessage("*holds a model.safetensors, which readers prefer*");
        Directory.GetFiles(folder.Path).Should().ContainSingle();
    }

    [Fact]
    public void Mapped_bytes_are_those_of_the_tensors()
    {
        using DisposeScope scope = NewDisposeScope();
        SafetensorsFile file = SafetensorsFile.Open(Parity.PathOf("types.safetensors"));
        foreach (SafetensorsEntry entry in file.Entries)
        {
            file.Map(entry.Name).ToArray().Should().Equal(file.Read(entry.Name).bytes.ToArray(), entry.Name);
        }

        FluentActions.Invoking(() => file.Map("nothing").Length).Should().Throw<KeyNotFoundException>();
        file.Dispose();
        FluentActions.Invoking(() => file.Map("matrix").Length).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_map_is_of_the_file_that_was_opened()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        string path = folder.File("a.safetensors");
        SafetensorsFile.Write(path, [KeyValuePair.Create("a", ones(4))]);
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            SafetensorsFile.Write(path, [KeyValuePair.Create("b", zeros(2, 40))]);
            file.Map("a").ToArray().Should().Equal(file.Read("a").bytes.ToArray());
        }

        using SafetensorsFile cut = SafetensorsFile.Open(path);
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(20);
        }

        FluentActions.Invoking(() => cut.Map("b").Length).Should().Throw<IOException>().WithMessage("*it was cut off*");
    }

    [Theory]
    [InlineData("old-format.pth", "*is a pickle of PyTorch's old format (before 1.6)*torch.save*")]
    [InlineData("torchscript.pt", "*TorchScript program*state_dict*")]
    [InlineData("make_fixtures.py", "*is neither safetensors nor a PyTorch checkpoint*")]
    public void What_is_not_read_says_what_to_do(string name, string message) =>
        FluentActions.Invoking(() => TensorFile.Open(Parity.PathOf(name))).Should().Throw<WeightsException>().WithMessage(message);

    [Fact]
    public void Missing_files_and_empty_folders_are_named()
    {
        using var folder = new TemporaryFolder();
        FluentActions.Invoking(() => TensorFile.Open(folder.File("no.pth"))).Should().Throw<FileNotFoundException>().WithMessage("There is no weights file*no.pth'.");
        FluentActions.Invoking(() => TensorFile.Open(folder.Path)).Should().Throw<FileNotFoundException>().WithMessage("*holds none of model.safetensors, model.safetensors.index.json, pytorch_model.bin*");
        File.WriteAllBytes(folder.File("empty.safetensors"), []);
        Action[] openings = [() => TensorFile.Open(folder.File("empty.safetensors")), () => SafetensorsFile.Open(folder.File("empty.safetensors")), () => PyTorchFile.Open(folder.File("empty.safetensors"))];
        foreach (Action open in openings)
        {
            open.Should().Throw<WeightsException>();
        }
    }

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\model.safetensors")]
    [InlineData("c:model.safetensors")]
    [InlineData("..")]
    [InlineData("")]
    public void A_shard_lies_beside_its_index(string shard)
    {
        using var folder = new TemporaryFolder();
        string index = folder.File("model.safetensors.index.json");
        File.WriteAllText(index, """{"weight_map":{"a":SHARD}}""".Replace("SHARD", System.Text.Json.JsonSerializer.Serialize(shard), StringComparison.Ordinal));
        FluentActions.Invoking(() => TensorFile.Open(index)).Should().Throw<WeightsException>().WithMessage("*a shard must lie beside the index*");
    }

    [Fact]
    public void An_index_that_lies_is_refused()
    {
        using var folder = new TemporaryFolder();
        string index = folder.File("model.safetensors.index.json");
        File.Copy(Parity.PathOf("types.safetensors"), folder.File("a.safetensors"));
        (string Json, string Message)[] cases =
        [
            ("{", "*not a usable index*"), ("[]", "*not a usable index*"), ("{}", "*not a usable index*"), ("""{"weight_map":3}""", "*not a usable index*"), ("""{"weight_map":{"a":3}}""", "*not a usable index*"),
            ("""{"weight_map":{"nothing":"a.safetensors"}}""", "*'a.safetensors' does not hold the tensor 'nothing'*"), ("""{"weight_map":{"float32":"b.safetensors"}}""", "*names the file 'b.safetensors', which is not beside it*"),
            ("""{"weight_map":{"float32":"a.safetensors","float32":"a.safetensors"}}""", "*names the tensor 'float32' twice*"),
        ];
        foreach ((string json, string message) in cases)
        {
            File.WriteAllText(index, json);
            FluentActions.Invoking(() => TensorFile.Open(index)).Should().Throw<WeightsException>(json).WithMessage(message);
        }
    }
}
