using NJepa.Samples.QuickStart.Options;
using NJepa.Training;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>The names of all that a run writes.</summary>
internal static class OutputFolder
{
    public const string DrawnPictures = "data";
    public const string Checkpoints = "checkpoints";
    public const string Masks = "masks.png";
    public const string Losses = "loss.png";
    public const string Features = "features.png";
    public const string Similarity = "similarity.png";
    public const string Neighbours = "neighbours.png";
    public const string Accuracies = "accuracy.png";
    public const string Metrics = "metrics.json";
    public const string Student = "student.safetensors";
    public const string Teacher = "teacher.safetensors";
    public const string Onnx = "encoder.onnx";
    public const string Model = "model.safetensors";

    /// <summary>Makes the folder, and finds out now rather than after the training whether it can be written to. Nothing in it changes.</summary>
    /// <exception cref="QuickStartException">It cannot be written to.</exception>
    public static void Prepare(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            string probe = Path.Combine(path, $".njepa-{Guid.NewGuid():N}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeWritten(path, exception);
        }
    }

    /// <summary>
    /// Takes away what an earlier run left of these files, so that those of two runs are never mixed. Call it when the images have been read and the training is about to begin: a run that fails
    /// before must not cost the encoder of the one before it.
    /// </summary>
    /// <exception cref="QuickStartException">They cannot be deleted.</exception>
    public static void Clear(string path)
    {
        try
        {
            foreach (string name in (ReadOnlySpan<string>)[Masks, Losses, Features, Similarity, Neighbours, Accuracies, Metrics, Student, Teacher, Model, Onnx, LossLog.FileName, ProbeLog.FileName, BegunOptions.FileName])
            {
                File.Delete(Path.Combine(path, name));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeWritten(path, exception);
        }
    }

    private static QuickStartException CannotBeWritten(string path, Exception exception) =>
        new($"The output folder '{path}' cannot be written to: {exception.Message.TrimEnd('.')}. Choose another with --output.");
}
