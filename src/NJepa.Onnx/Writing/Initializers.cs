using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using NJepa.Models;
using NJepa.Onnx.Format;
using TorchSharp;
using static TorchSharp.torch;
using DataType = NJepa.Onnx.Format.TensorProto.Types.DataType;

namespace NJepa.Onnx.Writing;

/// <summary>The constants of a graph: in the model, or the large ones in a file beside it.</summary>
/// <param name="graph">Where they are listed.</param>
/// <param name="data">The file beside the model; null where everything fits into it.</param>
/// <param name="half">Whether weights of products become float16.</param>
internal sealed class Initializers(GraphProto graph, DataFile? data, bool half)
{
    // Smaller ones stay in the model, where those that read it look for shapes and axes.
    private const long SmallestOutside = 1024;
    private const long ChunkElements = 1 << 26;
    private const double LargestHalf = 65504;

    /// <summary>The type that products are computed in.</summary>
    public DataType ProductType => half ? DataType.Float16 : DataType.Float;

    /// <summary>A weight of a product, in <see cref="ProductType"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">The weight, float32 on any device.</param>
    /// <param name="transposed">Whether <c>[out,in]</c> is to be stored as <c>[in,out]</c>.</param>
    /// <exception cref="WeightsException">A number is not finite, or not in float16.</exception>
    public string Weight(string name, Tensor value, bool transposed = false)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor checkedValue = Checked(name, value);
        Tensor ordered = transposed ? checkedValue.t() : checkedValue;
        if (!half)
        {
            return Add(name, ordered.contiguous(), DataType.Float);
        }

        Tensor halved = ordered.to_type(ScalarType.Float16).contiguous();
        if (!AllFinite(halved))
        {
            throw new WeightsException(FormattableString.Invariant(
                $"Weight '{name}' has a number of magnitude {checkedValue.abs().max().item<float>():G4}, but float16 ends at {LargestHalf}. Export with OnnxPrecision.Float32."));
        }

        return Add(name, halved, DataType.Float16);
    }

    /// <summary>A parameter that stays in float32.</summary>
    /// <exception cref="WeightsException">A number is not finite.</exception>
    public string Full(string name, Tensor value)
    {
        using DisposeScope scope = NewDisposeScope();
        return Add(name, Checked(name, value).contiguous(), DataType.Float);
    }

    /// <summary>Numbers in float32.</summary>
    /// <exception cref="WeightsException">A number is not finite.</exception>
    public string Floats(string name, float[] values, params long[] shape)
    {
        using DisposeScope scope = NewDisposeScope();
        return Full(name, tensor(values, shape));
    }

    /// <summary>One number in <see cref="ProductType"/>.</summary>
    public string Scalar(string name, float value)
    {
        var bytes = new byte[half ? 2 : 4];
        if (half)
        {
            BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value);
        }
        else
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        }

        graph.Initializer.Add(new TensorProto { Name = name, DataType = ProductType, RawData = ByteString.CopyFrom(bytes) });
        return name;
    }

    /// <summary>Whole numbers: a shape, axes.</summary>
    public string Integers(string name, params ReadOnlySpan<long> values)
    {
        graph.Initializer.Add(new TensorProto { Name = name, DataType = DataType.Int64, Dims = { values.Length }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values)) });
        return name;
    }

    private string Add(string name, Tensor contiguous, DataType type)
    {
        var initializer = new TensorProto { Name = name, DataType = type, Dims = { contiguous.shape } };
        long length = contiguous.NumberOfElements * contiguous.ElementSize;
        if (data is null || length < SmallestOutside)
        {
            initializer.RawData = ByteString.CopyFrom(contiguous.bytes);
        }
        else
        {
            data.Begin(initializer, length);

            // A span holds 2 GB at most; a tensor may hold more.
            using Tensor flat = contiguous.view(-1);
            for (long start = 0; start < flat.NumberOfElements; start += ChunkElements)
            {
                using Tensor chunk = flat.narrow(0, start, Math.Min(ChunkElements, flat.NumberOfElements - start));
                data.Write(chunk.bytes);
            }
        }

        graph.Initializer.Add(initializer);
        return name;
    }

    private static Tensor Checked(string name, Tensor value)
    {
        Tensor onHost = value.detach().cpu();
        return AllFinite(onHost)
            ? onHost
            : throw new WeightsException($"Weight '{name}' holds NaN or an infinite number, so that the model would give nothing else. Export an encoder whose training went well, such as that of an earlier checkpoint.");
    }

    private static bool AllFinite(Tensor value)
    {
        using DisposeScope scope = NewDisposeScope();
        return value.isfinite().all().item<bool>();
    }
}
