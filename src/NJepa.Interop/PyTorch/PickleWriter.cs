using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>Writes what <c>torch.save</c> pickles: dictionaries, plain values, and tensors as references to storages, one for each tensor, however often it stands there. Protocol 2.</summary>
internal sealed class PickleWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<Tensor> _storages = [];
    private readonly Dictionary<Tensor, int> _keys = new(ReferenceEqualityComparer.Instance);

    private PickleWriter()
    {
    }

    /// <summary>The pickle, and the tensors whose values belong into the storages 0, 1, ...</summary>
    /// <exception cref="ArgumentException">A value is of a kind that is not written.</exception>
    public static (byte[] Pickle, IReadOnlyList<Tensor> Storages) Write(IReadOnlyDictionary<string, object> content)
    {
        var writer = new PickleWriter();
        writer.Bytes(0x80, 2);
        writer.Dictionary(content, "");
        writer.Bytes((byte)'.');
        return (writer._bytes.WrittenSpan.ToArray(), writer._storages);
    }

    private void Dictionary(IReadOnlyDictionary<string, object> items, string path)
    {
        Bytes((byte)'}', (byte)'(');
        foreach ((string key, object value) in items)
        {
            Text(key);
            Value(value, path.Length == 0 ? key : $"{path}.{key}");
        }

        Bytes((byte)'u');
    }

    private void Value(object value, string path)
    {
        switch (value)
        {
            case Tensor tensor:
                Tensor(tensor, path);
                break;
            case IReadOnlyDictionary<string, object> items:
                Dictionary(items, path);
                break;
            case bool flag:
                Bytes(flag ? (byte)0x88 : (byte)0x89);
                break;
            case string text:
                Text(text);
                break;
            case int or long:
                Integer(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case float or double:
                Float(Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            default:
                throw new ArgumentException($"'{path}' is {(value is null ? "null" : $"a {value.GetType().Name}")}; a checkpoint takes tensors, texts, int, long, float, double, bool, and dictionaries of them by name.", nameof(value));
        }
    }

    // _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)
    private void Tensor(Tensor tensor, string path)
    {
        if (tensor.IsInvalid || tensor.is_sparse)
        {
            throw new ArgumentException($"The tensor '{path}' is {(tensor.IsInvalid ? "disposed" : "sparse")}; give dense tensors, and keep them until the file is written.", nameof(tensor));
        }

        TorchElement element = TorchElement.Of(tensor.dtype);
        Global("torch._utils", "_rebuild_tensor_v2");
        Bytes((byte)'(', (byte)'(');
        Text("storage");
        Global("torch", element.Storage);
        if (!_keys.TryGetValue(tensor, out int key))
        {
            key = _storages.Count;
            _keys.Add(tensor, key);
            _storages.Add(tensor);
        }

        Text(key.ToString(CultureInfo.InvariantCulture));
        Text("cpu");
        Integer(tensor.NumberOfElements);
        Bytes((byte)'t', (byte)'Q');
        Integer(0);
        Integers(tensor.shape);
        Integers(ContiguousStrides(tensor.shape));
        Bytes(0x89);
        Global("collections", "OrderedDict");
        Bytes((byte)')', (byte)'R', (byte)'t', (byte)'R');
    }

    private static long[] ContiguousStrides(long[] shape)
    {
        var strides = new long[shape.Length];
        long stride = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(1, shape[i]);
        }

        return strides;
    }

    private void Integers(long[] values)
    {
        Bytes((byte)'(');
        foreach (long value in values)
        {
            Integer(value);
        }

        Bytes((byte)'t');
    }

    private void Integer(long value)
    {
        Span<byte> digits = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(digits, value);
        if (value is >= int.MinValue and <= int.MaxValue)
        {
            Bytes((byte)'J');
            _bytes.Write(digits[..sizeof(int)]);
        }
        else
        {
            Bytes(0x8A, sizeof(long));
            _bytes.Write(digits);
        }
    }

    private void Float(double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        Bytes((byte)'G');
        _bytes.Write(bytes);
    }

    private void Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        Bytes((byte)'X');
        _bytes.Write(length);
        _bytes.Write(utf8);
    }

    private void Global(string module, string name)
    {
        Bytes((byte)'c');
        _bytes.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    private void Bytes(params ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);
}
