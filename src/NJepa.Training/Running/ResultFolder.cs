using Microsoft.Extensions.Logging;
using NJepa.Models;

namespace NJepa.Training;

/// <summary>The folder that a run's weights go to.</summary>
internal static class ResultFolder
{
    /// <summary>Makes the folder and writes to it once: that it cannot be written to must not be found out when hours of training are to be saved.</summary>
    /// <exception cref="TrainingException">It cannot be written to.</exception>
    public static void Prepare(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            string probe = Path.Combine(directory, $".njepa-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeWritten(directory, exception);
        }
    }

    public static TrainingException CannotBeWritten(string directory, Exception exception) =>
        new($"PretrainingOptions.OutputDirectory '{directory}' cannot be written to: {exception.Message} Choose another folder, or null to save nothing. No step was taken.", exception);

    /// <summary>Saves the model, the student and the teacher.</summary>
    /// <returns>The files' paths.</returns>
    /// <exception cref="TrainingException">They cannot be written.</exception>
    public static IReadOnlyList<string> Save(string directory, JepaModel model, ILogger logger)
    {
        var files = new List<string>();
        void Save(string name, Action<string> save)
        {
            string path = Path.Combine(directory, name);
            save(path);
            files.Add(path);
            logger.Saved(path);
        }

        try
        {
            Directory.CreateDirectory(directory);
            Save("model.safetensors", model.SaveWeights);
            Save("student.safetensors", model.Student.Save);
            Save("teacher.safetensors", model.Teacher.Save);
            return files;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"The result cannot be saved to OutputDirectory '{directory}': {exception.Message} Free space or choose another folder; the trained model is still in memory (JepaModel.SaveWeights).", exception);
        }
    }
}
