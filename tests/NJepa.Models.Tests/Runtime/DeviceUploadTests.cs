using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Runtime;

/// <summary>What a device gets is what stood in the managed memory at the time of the call. The way by page-locked memory is taken here with ordinary memory in its place.</summary>
public sealed class DeviceUploadTests : TensorTest
{
    private static Tensor Upload<T>(bool staged, T[] values, long[] shape, ScalarType type)
        where T : unmanaged =>
        staged ? DeviceUpload.Staged<T>(values, shape, type, CPU, host => host.clone()) : DeviceUpload.Send<T>(values, shape, type, CPU);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Values_arrive_in_their_type_and_shape_and_stay_when_the_array_changes(bool staged)
    {
        byte[] bytes = [0, 1, 127, 128, 254, 255];
        long[] longs = [long.MinValue, -1, 0, 1, 1L << 40, long.MaxValue];
        float[] floats = [float.MinValue, -0.0f, float.Epsilon, 1.5f, float.NaN, float.PositiveInfinity];
        using Tensor b = Upload(staged, bytes, [1, 6], ScalarType.Byte), l = Upload(staged, longs, [2, 3], ScalarType.Int64), f = Upload(staged, floats, [3, 2, 1], ScalarType.Float32);
        (byte[] wantedBytes, long[] wantedLongs, float[] wantedFloats) = ([.. bytes], [.. longs], [.. floats]);
        Array.Clear(bytes);
        Array.Clear(longs);
        Array.Clear(floats);

        (b.dtype, l.dtype, f.dtype).Should().Be((ScalarType.Byte, ScalarType.Int64, ScalarType.Float32));
        b.shape.Should().Equal(1, 6);
        l.shape.Should().Equal(2, 3);
        f.shape.Should().Equal(3, 2, 1);
        b.data<byte>().ToArray().Should().Equal(wantedBytes);
        l.data<long>().ToArray().Should().Equal(wantedLongs);
        f.data<float>().ToArray().Select(BitConverter.SingleToInt32Bits).Should().Equal(wantedFloats.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_tensor_belongs_to_the_caller_s_scope_and_nothing_else_is_left(bool staged)
    {
        long before = Tensor.TotalCount;
        Tensor sent;
        using (NewDisposeScope())
        {
            sent = Upload<float>(staged, [1, 2], [2], ScalarType.Float32);
            Tensor.TotalCount.Should().Be(before + 1);
        }

        sent.IsInvalid.Should().BeTrue();
        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void Memory_that_cannot_be_locked_leaves_no_tensor()
    {
        long before = Tensor.TotalCount;
        Action send = () => DeviceUpload.Staged<float>([1, 2], [2], ScalarType.Float32, CPU, _ => throw new InvalidOperationException("no memory to lock"));

        send.Should().Throw<InvalidOperationException>().WithMessage("no memory to lock");
        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void The_staging_memory_is_what_the_pin_returned()
    {
        using DisposeScope scope = NewDisposeScope();
        var shapes = new List<long[]>();
        using Tensor sent = DeviceUpload.Staged<long>([1, 2, 3], [3], ScalarType.Int64, CPU, host =>
        {
            shapes.Add(host.shape);
            return zeros_like(host);
        });

        shapes.Should().ContainSingle().Which.Should().Equal(3);
        sent.data<long>().ToArray().Should().Equal(1, 2, 3);
    }
}
