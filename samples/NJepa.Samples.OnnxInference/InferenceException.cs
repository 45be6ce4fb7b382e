namespace NJepa.Samples.OnnxInference;

internal sealed class InferenceException(string message) : SampleException(message);
