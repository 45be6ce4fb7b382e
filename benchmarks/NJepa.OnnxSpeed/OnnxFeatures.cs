using Microsoft.ML.OnnxRuntime;

namespace NJepa.OnnxSpeed;

/// <summary>As a program with ONNX Runtime alone does it.</summary>
internal sealed class OnnxFeatures : IFeatures
{
    private const int Channels = 3;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly int _side;

    public OnnxFeatures(Work work)
    {
        using var options = new SessionOptions { IntraOpNumThreads = work.Threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(work.Model, options);
        _side = work.ImageSize;
    }

    public float[] Compute(byte[] pixelsBHWC, int count)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, pixelsBHWC.AsMemory(0, count * _side * _side * Channels), [count, _side, _side, Channels]);
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_run, ["images"], [input], ["features"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }
}
