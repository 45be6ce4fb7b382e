using Microsoft.Extensions.Logging;
using NJepa.Models;

namespace NJepa.Training;

/// <summary>The folder that a run's weights go to.</summary>
internal static class ResultFolder
{
    private const string Probe = ".njepa-";
    private const string Temporary = ".tmp";
    private static readonly string[] Names = ["model.safetensors", "student.safetensors", "teacher.safetensors"];

    /// <summary>Makes the folder and writes to it once: that it cannot be written to must not be found out when hours of training are to be saved.</summary>
    /// <exception cref="TrainingException">It cannot be written to.</exception>
    public static void Prepare(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            string probe = Path.Combine(directory, $"{Probe}{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotBeWritten(directory, exception);
        }
    }

    /// <summary>Takes away what killed processes left half written: a result is as large as the model, and each kill would leave another.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static void RemoveLeftovers(string directory)
    {
        foreach (string path in Directory.EnumerateFiles(directory).Where(path => IsLeftover(Path.GetFileName(path))).ToList())
        {
            File.Delete(path);
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
            Save(Names[0], model.SaveWeights);
            Save(Names[1], model.Student.Save);
            Save(Names[2], model.Teacher.Save);
            return files;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Runtime.InteropServices.ExternalException)
        {
            throw new TrainingException($"The result cannot be saved to OutputDirectory '{directory}': {exception.Message} Free space or choose another folder; the trained model is still in memory (JepaModel.SaveWeights).", exception);
        }
    }

    /// <summary>Only what is named as it is named here, with a GUID: a user's files stay.</summary>
    private static bool IsLeftover(string name)
    {
        if (name.StartsWith(Probe, StringComparison.Ordinal) && IsUnique(name.AsSpan(Probe.Length)))
        {
            return true;
        }

        if (!name.EndsWith(Temporary, StringComparison.Ordinal))
        {
            return false;
        }

        string stem = name[..^Temporary.Length];
        return Names.Append(RunLock.OwnerName).Any(result => stem.StartsWith(result + ".", StringComparison.Ordinal) && IsUnique(stem.AsSpan(result.Length + 1)));
    }

    private static bool IsUnique(ReadOnlySpan<char> text) => Guid.TryParseExact(text, "N", out _);
}
