using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace NJepa.Data.Tests.Support;

/// <summary>Reads the tensors of a fixture.</summary>
public sealed class Safetensors
{
    private readonly byte[] _file;
    private readonly int _data;
    private readonly JsonElement _header;

    public Safetensors(string path)
    {
        _file = File.ReadAllBytes(path);
        int length = checked((int)BinaryPrimitives.ReadInt64LittleEndian(_file));
        _data = 8 + length;
        _header = JsonDocument.Parse(_file.AsMemory(8, length)).RootElement;
    }

    public int[] Shape(string name) => [.. _header.GetProperty(name).GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];

    public T[] Read<T>(string name, string dtype)
        where T : unmanaged
    {
        JsonElement tensor = _header.GetProperty(name);
        tensor.GetProperty("dtype").GetString().Should().Be(dtype);
        int[] offsets = [.. tensor.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
        return MemoryMarshal.Cast<byte, T>(_file.AsSpan(_data + offsets[0], offsets[1] - offsets[0])).ToArray();
    }
}
