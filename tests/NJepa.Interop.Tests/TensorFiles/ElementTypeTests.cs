using System.Runtime.InteropServices;

namespace NJepa.Interop.Tests.TensorFiles;

/// <summary>What Python wrote arrives bit for bit, whatever its type and however it lies in memory.</summary>
public sealed class ElementTypeTests : TensorTest
{
    private static readonly string[] Types = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "scalar", "empty", "matrix"];

    public static TheoryData<string> Files => new("types.safetensors", "types.pth");

    [Theory]
    [MemberData(nameof(Files))]
    public void All_types_arrive_bit_for_bit(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using TensorFile file = TensorFile.Open(Parity.PathOf(name)), expected = TensorFile.Open(Parity.PathOf("types-expected.safetensors"));

        foreach (string type in Types)
        {
            Bits.ShouldBeEqual(file.Read(type), expected.Read(type), type);
            file.Find(type)!.Shape.Should().Equal(expected.Find(type)!.Shape);
        }

        using Tensor half = file.Read("float16");
        ushort[] bits = [.. half.bytes.ToArray().Chunk(2).Select(pair => BitConverter.ToUInt16(pair))];
        bits.Should().Equal(0x0000, 0x8000, 0x3C00, 0xBE00, 0x7C00, 0xFC00, 0x7E00, 0x0001, 0x7BFF, 0x4248);
    }

    [Theory]
    [InlineData("views.transposed")]
    [InlineData("views.slice")]
    [InlineData("views.steps")]
    [InlineData("views.expanded")]
    [InlineData("views.whole")]
    [InlineData("views.permuted")]
    [InlineData("module.weight")]
    [InlineData("module.bias")]
    public void Views_of_shared_storages_arrive_in_plain_order(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using TensorFile file = TensorFile.Open(Parity.PathOf("types.pth")), expected = TensorFile.Open(Parity.PathOf("types-expected.safetensors"));

        Tensor tensor = file.Read(name);

        tensor.is_contiguous().Should().BeTrue();
        Bits.ShouldBeEqual(tensor, expected.Read(name), name);
        Tensor destination = zeros(tensor.shape, tensor.dtype);
        file.ReadInto(file.Find(name)!, destination);
        Bits.ShouldBeEqual(destination, tensor, name);
    }

    [Fact]
    public void Complex_numbers_parameters_and_nested_containers_arrive()
    {
        using DisposeScope scope = NewDisposeScope();
        using PyTorchFile file = PyTorchFile.Open(Parity.PathOf("types.pth"));

        file.Find("complex.complex64")!.Type.Should().Be(ScalarType.ComplexFloat32);
        MemoryMarshal.Cast<byte, float>(file.Read("complex.complex64").bytes).ToArray().Should().Equal(1f, 2f, 0f, -3.5f);
        MemoryMarshal.Cast<byte, double>(file.Read("complex.complex128").bytes).ToArray().Should().Equal(1.0, 2.0);
        file.Read("parameter").data<float>().ToArray().Should().Equal(1, 2);
        file.Read("list.0").data<long>().ToArray().Should().Equal(1);
        file.Read("list.1.deep.0").data<long>().ToArray().Should().Equal(2);
        file.Read("7").data<long>().ToArray().Should().Equal(7);
        file.Metadata.Should().Contain(
        [
            KeyValuePair.Create("epoch", "12"), KeyValuePair.Create("large", "1099511627776"), KeyValuePair.Create("negative", "-5"), KeyValuePair.Create("rate", "0.1"),
            KeyValuePair.Create("flag", "True"), KeyValuePair.Create("name", "Grüße"), KeyValuePair.Create("device", "cpu"), KeyValuePair.Create("list.1.deep.1", "text"),
        ]);
        file.Metadata.Should().NotContainKey("none");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Later_pickle_protocols_are_read(int protocol)
    {
        using DisposeScope scope = NewDisposeScope();
        using TensorFile file = TensorFile.Open(Parity.PathOf($"protocol{protocol}.pth"));

        file.Read("a").flatten().data<float>().ToArray().Should().Equal(Enumerable.Range(0, 24).Select(i => (float)((i % 4 * 6) + (i / 4))));
        file.Read("b.c").data<float>().ToArray().Should().Equal(1, 1);
        file.Metadata["n"].Should().Be("300");
    }

    [Fact]
    public void A_tensor_that_is_not_there_is_named()
    {
        using TensorFile file = TensorFile.Open(Parity.PathOf("types.pth"));
        FluentActions.Invoking(() => file.Read("nothing")).Should().Throw<KeyNotFoundException>().WithMessage("*types.pth holds no tensor 'nothing'.");
    }
}
