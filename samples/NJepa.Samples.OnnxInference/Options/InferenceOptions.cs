namespace NJepa.Samples.OnnxInference.Options;

/// <summary>What both commands take.</summary>
/// <param name="Model">The model, an <c>.onnx</c> file.</param>
/// <param name="Images">A folder, a zip, or one image.</param>
/// <param name="Top">How many labels or images to name.</param>
/// <param name="Csv">A file for the results as CSV; null for a table on the screen.</param>
/// <param name="BatchSize">Images at once.</param>
/// <param name="ImageSize">Side of the square that images are brought to, for models of free size; null for the model's own.</param>
/// <param name="Threads">Threads of ONNX Runtime; 0 for its own choice.</param>
internal sealed record InferenceOptions(string Model, string Images, int Top, string? Csv, int BatchSize, int? ImageSize, int Threads);
