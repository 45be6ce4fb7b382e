namespace NJepa.OnnxSpeed;

/// <summary>What a worker process is to do.</summary>
/// <param name="Kind">Which runtime.</param>
/// <param name="Model">The model: a safetensors file for TorchSharp, else an ONNX file.</param>
/// <param name="ImageSize">Side of the images in pixels.</param>
/// <param name="BatchSize">Images at once.</param>
/// <param name="Images">Images to time.</param>
/// <param name="Threads">Threads; 0 for the runtime's own choice.</param>
internal sealed record Work(string Kind, string Model, int ImageSize, int BatchSize, int Images, int Threads)
{
    public const string Torch = "TorchSharp";
    public const string Onnx = "ONNX Runtime";
    public const string OnnxHalf = "ONNX Runtime, float16";
}
