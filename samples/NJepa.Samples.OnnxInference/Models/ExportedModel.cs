using Microsoft.ML.OnnxRuntime;
using NJepa.Data;
using NJepa.Onnx;

namespace NJepa.Samples.OnnxInference.Models;

/// <summary>A model in ONNX Runtime.</summary>
internal sealed class ExportedModel : IDisposable
{
    private const int Channels = 3;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private float[] _normalised = [];

    private ExportedModel(InferenceSession session, ModelCard card) => (_session, Card) = (session, card);

    public ModelCard Card { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="threads">Threads of ONNX Runtime; 0 for its own choice.</param>
    /// <exception cref="InferenceException">There is no such file, or it is no model of NJepa's.</exception>
    public static ExportedModel Load(string path, int threads)
    {
        if (!File.Exists(path))
        {
            throw new InferenceException(Directory.Exists(path) ? $"'{path}' is a folder; give the .onnx file in it." : $"There is no model '{path}' (it was looked for at '{Path.GetFullPath(path)}').");
        }

        using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        InferenceSession session;
        try
        {
            session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InferenceException($"'{path}' cannot be loaded as an ONNX model: {exception.Message.TrimEnd('.')}. Export it again; a model in two files needs both in the same folder.");
        }

        try
        {
            return new ExportedModel(session, ModelCard.Read(path, session.ModelMetadata.CustomMetadataMap));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public bool Gives(string output) => _session.OutputMetadata.ContainsKey(output);

    /// <summary>Runs a batch.</summary>
    /// <param name="batch">The images.</param>
    /// <param name="output">Which of the outputs; only a two-dimensional one.</param>
    /// <returns>The output of each image.</returns>
    /// <exception cref="InferenceException">A number is not finite.</exception>
    public float[][] Run(ImageBatch batch, string output)
    {
        using OrtValue input = Card.TakesBytes
            ? OrtValue.CreateTensorValueFromMemory(batch.Pixels, [batch.Count, batch.ImageSize, batch.ImageSize, Channels])
            : OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, Normalised(batch), [batch.Count, Channels, batch.ImageSize, batch.ImageSize]);
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_run, [OnnxMetadata.Images], [input], [output]);
        ReadOnlySpan<float> numbers = results[0].GetTensorDataAsSpan<float>();
        foreach (float number in numbers)
        {
            if (!float.IsFinite(number))
            {
                throw new InferenceException(FormattableString.Invariant($"The model's '{output}' holds {number}, which is no result: numbers in it overflow. Export it with OnnxPrecision.Float32, or export an encoder whose training went well."));
            }
        }

        int width = numbers.Length / batch.Count;
        var rows = new float[batch.Count][];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = numbers.Slice(i * width, width).ToArray();
        }

        return rows;
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }

    // [B,H,W,3] bytes to [B,3,H,W], (pixel / 255 - mean) / std.
    private Memory<float> Normalised(ImageBatch batch)
    {
        byte[] pixels = batch.Pixels;
        int plane = batch.ImageSize * batch.ImageSize;
        if (_normalised.Length < pixels.Length)
        {
            _normalised = new float[pixels.Length];
        }

        for (int channel = 0; channel < Channels; channel++)
        {
            float mean = (float)(Card.Mean[channel] * 255), factor = (float)(1 / (Card.StandardDeviation[channel] * 255));
            for (int image = 0; image < batch.Count; image++)
            {
                int from = (image * plane * Channels) + channel, to = ((image * Channels) + channel) * plane;
                for (int i = 0; i < plane; i++)
                {
                    _normalised[to + i] = (pixels[from + (i * Channels)] - mean) * factor;
                }
            }
        }

        return _normalised.AsMemory(0, pixels.Length);
    }
}
