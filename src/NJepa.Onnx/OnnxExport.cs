using NJepa.Models;
using NJepa.Onnx.Format;
using NJepa.Onnx.Writing;

namespace NJepa.Onnx;

/// <summary>Writes encoders as ONNX models (opset 17), for programs that have no TorchSharp: see <see cref="OnnxMetadata"/> for the names in them.</summary>
public static class OnnxExport
{
    // A protobuf message ends at 2^31 - 1 bytes; nodes and names take a small part of what is left here.
    private const long MostBytesInModel = 1_900_000_000;
    private static readonly string[] OtherFormats = [".safetensors", ".pth.tar", ".pth", ".pt", ".ckpt"];

    /// <summary>
    /// Writes an encoder, on its own or a student or teacher in a model, as an ONNX model. The batch is free; the image size is the encoder's, or free (<see cref="OnnxExportOptions.DynamicSize"/>).
    /// The files appear whole or not at all, and the same encoder and options give the same bytes.
    /// </summary>
    /// <remarks>
    /// A model of more than 1.9 GB has its weights in a second file beside it, <c>NAME.HASH.data</c>, which must be moved together with it; data of a model that is replaced are deleted, so only one may be written to a path at a time. The weights are the
    /// float32 ones, also of a student that trains in bfloat16.
    /// </remarks>
    /// <param name="encoder">The encoder, on any device. Nobody may change its parameters meanwhile.</param>
    /// <param name="path">The file, such as <c>encoder.onnx</c>; an existing one is replaced, missing folders are made.</param>
    /// <param name="options">What to write; null for the defaults.</param>
    /// <returns>The full paths of the files: the model, and its data where there are any.</returns>
    /// <exception cref="ArgumentException">The options do not fit the encoder, and the message lists every reason; or the path is empty or has the name of a file of weights.</exception>
    /// <exception cref="ObjectDisposedException">The encoder, or the model that it belongs to, is disposed.</exception>
    /// <exception cref="WeightsException">A weight is not finite, or too large for float16; the message names it.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static IReadOnlyList<string> Save(ViTEncoder encoder, string path, OnnxExportOptions? options = null) => Save(encoder, path, options, MostBytesInModel);

    internal static IReadOnlyList<string> Save(ViTEncoder encoder, string path, OnnxExportOptions? options, long mostBytesInModel)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ObjectDisposedException.ThrowIf(encoder.PositionsLD.IsInvalid, encoder);
        if (Array.Find(OtherFormats, extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) is { } other)
        {
            throw new ArgumentException($"'{path}' ends in '{other}', the name of a file of weights; an ONNX model is a file such as 'encoder.onnx'.", nameof(path));
        }

        options ??= new OnnxExportOptions();
        IReadOnlyList<string> errors = options.Validate(encoder.Configuration);
        if (errors.Count > 0)
        {
            throw new ArgumentException("The encoder cannot be exported with these options:\n- " + string.Join("\n- ", errors), nameof(options));
        }

        return ModelFile.Write(path, Bytes(encoder, options) > mostBytesInModel, data => ModelGraph.Build(encoder, options, data));
    }

    private static long Bytes(ViTEncoder encoder, OnnxExportOptions options)
    {
        long head = options.Head is null ? 0 : options.Head.Weights.Length + options.Head.Bias.Length;
        long table = (long)encoder.Configuration.Patches * encoder.Configuration.Width;
        return (encoder.ParameterCount * (options.IsHalf ? 2 : sizeof(float))) + ((table + head) * sizeof(float));
    }
}
