using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Weights;

/// <summary>What is written can be read, here and elsewhere, and writing never leaves half a file.</summary>
public sealed class SafetensorsFileTests : TensorTest
{
    public static TheoryData<ScalarType, string> Types => new()
    {
        { ScalarType.Float64, "F64" }, { ScalarType.Float32, "F32" }, { ScalarType.Float16, "F16" }, { ScalarType.BFloat16, "BF16" }, { ScalarType.Int64, "I64" },
        { ScalarType.Int32, "I32" }, { ScalarType.Int16, "I16" }, { ScalarType.Int8, "I8" }, { ScalarType.Byte, "U8" }, { ScalarType.Bool, "BOOL" },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_comes_back_byte_for_byte(ScalarType type, string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        Tensor values = arange(0, 12, ScalarType.Int64).view(3, 4).to_type(type), scalar = tensor(1L).to_type(type), none = empty([3, 0, 2], type);
        string path = folder.File("types.safetensors");

        SafetensorsFile.Write(path, [new("values", values), new("transposed", values.t()), new("scalar", scalar), new("none", none)]);

        Header(path).GetProperty("values").GetProperty("dtype").GetString().Should().Be(name);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        file.Entries.Select(entry => (entry.Name, entry.Type)).Should().Equal(("values", type), ("transposed", type), ("scalar", type), ("none", type));
        file.Find("scalar")!.Shape.Should().BeEmpty();
        file.Find("none")!.Length.Should().Be(0);
        file.Read("none").shape.Should().Equal(3, 0, 2);
        file.Read("scalar").shape.Should().BeEmpty();
        file.Read("values").dtype.Should().Be(type);
        file.Read("values").bytes.ToArray().Should().Equal(values.bytes.ToArray());
        file.Read("transposed").shape.Should().Equal(4, 3);
        file.Read("transposed").bytes.ToArray().Should().Equal(values.t().contiguous().bytes.ToArray());
        file.Read("scalar").bytes.ToArray().Should().Equal(scalar.bytes.ToArray());
        file.Find("nothing").Should().BeNull();
    }

    [Fact]
    public void Tensors_without_dense_values_and_paths_without_a_file_are_refused()
    {
        using var folder = new TemporaryFolder();
        using DisposeScope scope = NewDisposeScope();
        Action sparse = () => SafetensorsFile.Write(folder.File("x"), [KeyValuePair.Create("a", eye(3).to_sparse())]);
        Action meta = () => SafetensorsFile.Write(folder.File("x"), [KeyValuePair.Create("a", zeros(3, device: META))]);
        Action root = () => SafetensorsFile.Write(Path.GetPathRoot(folder.Path)!, []);
        sparse.Should().Throw<ArgumentException>().WithMessage("Tensor 'a' is sparse; call to_dense() on it; only dense values can be saved.*");
        meta.Should().Throw<ArgumentException>().WithMessage("Tensor 'a' is on the meta device, where there are no values; only dense values can be saved.*");
        root.Should().Throw<IOException>().WithMessage("'*' is a root folder; give the path of a file.");
        Directory.GetFiles(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void Special_values_keep_their_bits()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        float[] values = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f, float.Epsilon, float.MaxValue, BitConverter.Int32BitsToSingle(0x7FC12345)];

        SafetensorsFile.Write(folder.File("f"), [new("x", tensor(values))]);

        using SafetensorsFile file = SafetensorsFile.Open(folder.File("f"));
        file.Read("x").data<float>().ToArray().Select(BitConverter.SingleToInt32Bits).Should().Equal(values.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(8)]
    public void Data_start_at_a_multiple_of_eight(int nameLength)
    {
        using var folder = new TemporaryFolder();
        using Tensor one = ones(3);

        SafetensorsFile.Write(folder.File("f"), [new(new string('n', nameLength), one)]);

        using SafetensorsFile file = SafetensorsFile.Open(folder.File("f"));
        (file.Entries[0].Offset % 8).Should().Be(0);
        new FileInfo(folder.File("f")).Length.Should().Be(file.Entries[0].Offset + 12);
    }

    [Fact]
    public void Texts_come_back_and_are_JSON_strings()
    {
        using var folder = new TemporaryFolder();
        var texts = new Dictionary<string, string> { ["a"] = "", ["ü \"quoted\"\n"] = "{\"x\": [1, 2]}\\\u2028\ud83d\ude00", ["__metadata__"] = "nested name" };

        SafetensorsFile.Write(folder.File("f"), [], texts);

        using SafetensorsFile file = SafetensorsFile.Open(folder.File("f"));
        file.Metadata.Should().BeEquivalentTo(texts);
        file.Entries.Should().BeEmpty();
        file.Path.Should().Be(folder.File("f"));
    }

    [Fact]
    public void Odd_names_come_back()
    {
        using var folder = new TemporaryFolder();
        using Tensor one = ones(1);
        string[] names = ["", "a/b", "ключ", "\"", "with space", "\u0001"];

        SafetensorsFile.Write(folder.File("f"), names.Select(name => KeyValuePair.Create(name, one)));

        using SafetensorsFile file = SafetensorsFile.Open(folder.File("f"));
        file.Entries.Select(entry => entry.Name).Should().Equal(names);
    }

    [Fact]
    public void A_name_that_is_not_there_is_refused()
    {
        using var folder = new TemporaryFolder();
        SafetensorsFile.Write(folder.File("f"), []);
        using SafetensorsFile file = SafetensorsFile.Open(folder.File("f"));

        Action read = () => file.Read("x");

        read.Should().Throw<KeyNotFoundException>().WithMessage($"{folder.File("f")} holds no tensor 'x'.");
    }

    [Fact]
    public void What_cannot_be_saved_is_refused_and_the_old_file_stays()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        string path = folder.File("f");
        Tensor one = ones(1), gone = ones(1);
        gone.Dispose();
        SafetensorsFile.Write(path, [new("x", one)]);
        byte[] before = File.ReadAllBytes(path);

        Refuse("Tensors of type ComplexFloat32 cannot be saved as safetensors; convert them to one of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL first. (Parameter 'type')", new KeyValuePair<string, Tensor>("c", zeros(1, ScalarType.ComplexFloat32)));
        Refuse("Two tensors are named 'x'; names in a file must differ. (Parameter 'tensors')", new("x", one), new("x", one));
        Refuse("A tensor is named '__metadata__', which safetensors files keep for texts; choose another name. (Parameter 'tensors')", new KeyValuePair<string, Tensor>("__metadata__", one));
        Refuse("Tensor 'g' is null or has been disposed; it cannot be saved. (Parameter 'tensors')", new("x", one), new("g", gone));
        Directory.GetFileSystemEntries(folder.Path).Should().Equal(path);

        void Refuse(string message, params KeyValuePair<string, Tensor>[] tensors)
        {
            Action write = () => SafetensorsFile.Write(path, tensors);
            write.Should().Throw<ArgumentException>().WithMessage(message);
            File.ReadAllBytes(path).Should().Equal(before);
        }
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_an_IOException_and_nothing_is_lost()
    {
        using var folder = new TemporaryFolder();
        using JepaModel model = Small.IJepa().Build();
        string file = folder.File("file"), directory = folder.File("directory");
        File.WriteAllText(file, "old");
        Directory.CreateDirectory(directory);

        Action underFile = () => model.SaveWeights(Path.Combine(file, "model.safetensors")), encoderUnderFile = () => model.Student.Save(Path.Combine(file, "x")), overDirectory = () => model.SaveWeights(directory);

        underFile.Should().Throw<IOException>();
        encoderUnderFile.Should().Throw<IOException>();
        overDirectory.Should().Throw<IOException>();
        File.ReadAllText(file).Should().Be("old");
        Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories).Should().BeEquivalentTo(file, directory);
    }

    [Fact]
    public void Folders_on_the_way_are_made_and_an_existing_file_is_replaced()
    {
        using var folder = new TemporaryFolder();
        using Tensor one = ones(1), two = ones(2);
        string path = folder.File("a/b/c.safetensors");

        SafetensorsFile.Write(path, [new("x", one)]);
        SafetensorsFile.Write(path, [new("x", two)]);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        file.Find("x")!.Shape.Should().Equal(2);
        Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Should().Equal(path);
    }

    private static JsonElement Header(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        long length = (long)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return JsonDocument.Parse(Encoding.UTF8.GetString(bytes, 8, (int)length)).RootElement;
    }
}
