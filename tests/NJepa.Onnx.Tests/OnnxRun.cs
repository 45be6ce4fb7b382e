using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Onnx.Tests;

/// <summary>A model as another program runs it.</summary>
internal sealed class OnnxRun : IDisposable
{
    private readonly SessionOptions _options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };

    public OnnxRun(string path) => Session = new InferenceSession(path, _options);

    public InferenceSession Session { get; }

    public IReadOnlyDictionary<string, string> Metadata => Session.ModelMetadata.CustomMetadataMap;

    public Dictionary<string, DenseTensor<float>> Run(torch.Tensor imagesBCHW) =>
        Run(new DenseTensor<float>(MemoryMarshal.Cast<byte, float>(imagesBCHW.contiguous().bytes).ToArray(), [.. imagesBCHW.shape.Select(side => (int)side)]));

    public Dictionary<string, DenseTensor<float>> Run(byte[] pixels, int count, int side) => Run(new DenseTensor<byte>(pixels, [count, side, side, 3]));

    public void Dispose()
    {
        Session.Dispose();
        _options.Dispose();
    }

    private Dictionary<string, DenseTensor<float>> Run<T>(DenseTensor<T> input)
    {
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = Session.Run([NamedOnnxValue.CreateFromTensor(OnnxMetadata.Images, input)]);
        return results.ToDictionary(result => result.Name, result => result.AsTensor<float>().ToDenseTensor());
    }
}
