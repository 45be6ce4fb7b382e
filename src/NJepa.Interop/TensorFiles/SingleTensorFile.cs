using NJepa.Models;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>One safetensors file.</summary>
internal sealed class SingleTensorFile : TensorFile
{
    private readonly SafetensorsFile _file;

    private SingleTensorFile(SafetensorsFile file)
        : base(file.Path, [.. file.Entries.Select(entry => new TensorEntry(entry.Name, entry.Type, entry.Shape))], file.Metadata) => _file = file;

    public static new SingleTensorFile Open(string path) => new(SafetensorsFile.Open(path));

    internal override long ByteLength => new FileInfo(_file.Path).Length;

    internal override void ReadInto(TensorEntry entry, Tensor cpuTensor) => _file.ReadInto(_file.Find(entry.Name)!, cpuTensor);

    private protected override Tensor ReadEntry(TensorEntry entry) => _file.Read(entry.Name);

    protected override void Dispose(bool disposing) => _file.Dispose();
}
