using NJepa.Models;

namespace NJepa.Interop;

/// <summary>Whole models, to go on with pretraining: encoder, target encoder and predictors.</summary>
public static class PretrainedModel
{
    /// <summary>
    /// Loads student, teacher and predictors from a checkpoint of the I-JEPA authors (<c>encoder</c>, <c>target_encoder</c>, <c>predictor</c>) or of NJepa. A noisy predictor that the checkpoint
    /// does not have begins as a copy of the clean one. Either everything fits and is loaded, or nothing is changed.
    /// </summary>
    /// <param name="model">The model; build it with the sizes of the checkpoint.</param>
    /// <param name="path">The checkpoint.</param>
    /// <returns>What matched.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsException">The file is damaged or does not fit; the message is the report.</exception>
    public static WeightsReport Load(JepaModel model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.ThrowIfDisposed();
        using TensorFile file = TensorFile.Open(path);
        return ModelImporter.Load(model, file);
    }

    /// <summary>
    /// Loads an encoder of any naming (see <see cref="PretrainedEncoder.Load"/>) into student and teacher alike; the predictors stay as they are. Either everything fits and is loaded, or nothing
    /// is changed.
    /// </summary>
    /// <param name="model">The model; build it with the encoder's size.</param>
    /// <param name="path">A weights file or a folder.</param>
    /// <param name="module">Which of the file's encoders; null for the only one, or <c>target_encoder</c>.</param>
    /// <returns>What matched.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsException">The file is damaged or does not fit; the message says why.</exception>
    public static WeightsReport LoadEncoder(JepaModel model, string path, string? module = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.ThrowIfDisposed();
        using TensorFile file = TensorFile.Open(path);
        return ModelImporter.LoadEncoder(model, file, module);
    }

    /// <summary>
    /// Saves a model as the I-JEPA authors' checkpoints are laid out: a <c>.pth.tar</c> with <c>encoder</c>, <c>target_encoder</c> and <c>predictor</c>, each name with the prefix
    /// <c>module.</c>; a noisy predictor as <c>noisy_predictor</c> beside them.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file; an existing one is replaced, whole or not at all.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(JepaModel model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.ThrowIfDisposed();
        ArgumentException.ThrowIfNullOrEmpty(path);
        ModelExporter.Save(model, path);
    }
}
