using NJepa.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NJepa.Throughput.Peer;

/// <summary>
/// N-JEPA as a TorchSharp user would write it: modules, the built-in AdamW with two groups, the teacher averaged parameter by parameter, one dispose scope a step.
/// It computes the same losses (a test loads the same weights into both).
/// </summary>
internal sealed class PeerTraining : IDisposable
{
    private readonly JepaRecipe _recipe;
    private readonly optim.Optimizer _optimizer;
    private readonly AdamW.ParamGroup _decayed;
    private readonly AdamW.ParamGroup _others;
    private readonly List<(Parameter Teacher, Parameter Student)> _averaged;

    public PeerTraining(JepaConfiguration configuration, Device device)
    {
        (ViT vit, PredictorOptions predictor) = (configuration.Encoder, configuration.Predictor);
        _recipe = configuration.Recipe;
        Student = new PeerEncoder(vit);
        Teacher = new PeerEncoder(vit);
        Clean = new PeerPredictor(vit, predictor);
        Noisy = new PeerPredictor(vit, predictor);
        foreach (Module module in (Module[])[Student, Teacher, Clean, Noisy])
        {
            module.to(device);
        }

        Teacher.load_state_dict(Student.state_dict());
        foreach (Parameter parameter in Teacher.parameters())
        {
            parameter.requires_grad = false;
        }

        List<Parameter> trained = [.. ((Module[])[Student, Clean, Noisy]).SelectMany(module => module.parameters()).Where(parameter => parameter.requires_grad)];
        _decayed = new AdamW.ParamGroup(trained.Where(parameter => parameter.dim() > 1), weight_decay: 0.04);
        _others = new AdamW.ParamGroup(trained.Where(parameter => parameter.dim() <= 1), weight_decay: 0.0);
        _optimizer = optim.AdamW([_decayed, _others]);
        _averaged = [.. Teacher.parameters().Zip(Student.parameters())];
    }

    public PeerEncoder Student { get; }

    public PeerEncoder Teacher { get; }

    public PeerPredictor Clean { get; }

    public PeerPredictor Noisy { get; }

    /// <summary>The weighted loss; the phases go to <paramref name="clock"/>.</summary>
    public Tensor Loss(Tensor imagesBCHW, PeerInputs inputs, Action<string>? clock = null)
    {
        long images = imagesBCHW.size(0);
        Tensor targets;
        using (no_grad())
        {
            Tensor all = Teacher.call(imagesBCHW, null);
            all = functional.layer_norm(all, [all.size(2)]);
            Tensor flat = inputs.TargetsBMT.flatten(1).unsqueeze(-1).expand(-1, -1, all.size(2));
            targets = all.gather(1, flat).view(images, inputs.TargetsBMT.size(1), inputs.TargetsBMT.size(2), -1);
        }

        clock?.Invoke("teacher");
        Tensor context = Student.call(imagesBCHW, inputs.VisibleBK);
        clock?.Invoke("student");
        Tensor clean = Clean.call(context, inputs.VisibleBK, inputs.TargetsBMT, null);
        Tensor noisy = Noisy.call(context, inputs.VisibleBK, inputs.TargetsBMT, inputs.NoiseBMTP);
        clock?.Invoke("predictors");
        Tensor loss = functional.smooth_l1_loss(clean, targets) * _recipe.LossWeights.CleanTeacher
            + functional.smooth_l1_loss(noisy, targets) * _recipe.LossWeights.NoisyTeacher
            + functional.mse_loss(noisy, clean) * _recipe.LossWeights.NoisyClean;
        if (_recipe.VarianceCovariance.IsActive)
        {
            Tensor pooled = context.mean([1]);
            Tensor centred = pooled - pooled.mean([0], keepdim: true);
            Tensor variance = functional.relu(1 - (centred.pow(2).sum([0L]) / (images - 1) + 1e-4).sqrt()).mean();
            Tensor covariance = einsum("bi,bj->ij", centred, centred) / (images - 1);
            Tensor off = (covariance.pow(2).sum() - covariance.diagonal().pow(2).sum()) / centred.size(1);
            loss = loss + variance * _recipe.VarianceCovariance.Variance + off * _recipe.VarianceCovariance.Covariance;
        }

        return loss;
    }

    /// <summary>One step; returns the loss, which most users print.</summary>
    public double Step(Tensor imagesBCHW, PeerInputs inputs, double learningRate, double weightDecay, double momentum, Action<string>? clock = null)
    {
        using DisposeScope scope = NewDisposeScope();
        (_decayed.LearningRate, _others.LearningRate) = (learningRate, learningRate);
        _decayed.Options.weight_decay = weightDecay;
        _optimizer.zero_grad();
        clock?.Invoke("zeroing");
        Tensor loss = Loss(imagesBCHW, inputs, clock);
        loss.backward();
        clock?.Invoke("backward");
        _optimizer.step();
        clock?.Invoke("optimizer");
        using (no_grad())
        {
            foreach ((Parameter teacher, Parameter student) in _averaged)
            {
                teacher.mul_(momentum).add_(student, 1 - momentum);
            }
        }

        clock?.Invoke("average");
        return loss.item<float>();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        Student.Dispose();
        Teacher.Dispose();
        Clean.Dispose();
        Noisy.Dispose();
    }
}
