using System.Globalization;
using System.Security.Cryptography;
using NJepa.Onnx.Format;

namespace NJepa.Onnx.Writing;

/// <summary>The numbers of a model too large for one protobuf message, in a file beside it. Its name is made of its content, so that the model that it replaces keeps its own until the last moment.</summary>
internal sealed class DataFile(string temporary, string modelName) : IDisposable
{
    // Runtimes map the file; a mapping begins at a page.
    private const int Alignment = 4096;

    private readonly FileStream _stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<StringStringEntryProto> _locations = [];
    private long _position;

    /// <summary>Tells a constant where the <paramref name="length"/> bytes lie that are written next.</summary>
    public void Begin(TensorProto initializer, long length)
    {
        Write(new byte[(Alignment - (_position % Alignment)) % Alignment]);
        var location = new StringStringEntryProto { Key = "location" };
        _locations.Add(location);
        initializer.DataLocation = TensorProto.Types.DataLocation.External;
        initializer.ExternalData.Add(location);
        initializer.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = _position.ToString(CultureInfo.InvariantCulture) });
        initializer.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = length.ToString(CultureInfo.InvariantCulture) });
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _hash.AppendData(bytes);
        _position += bytes.Length;
    }

    /// <summary>Ends the file; every constant in it learns its name, which is returned.</summary>
    public string Finish()
    {
        _stream.Flush(flushToDisk: true);
        string name = $"{modelName}.{Convert.ToHexStringLower(_hash.GetHashAndReset().AsSpan(0, 8))}.data";
        foreach (StringStringEntryProto location in _locations)
        {
            location.Value = name;
        }

        return name;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }
}
