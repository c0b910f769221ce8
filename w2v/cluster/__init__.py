"""Training on many machines, by Ray. Nothing else of w2v knows Ray, and it is loaded when needed.

where       address
who trains  shard_actor, handshake
what of it  member, crew
all of it   session
"""

from w2v.cluster.address import check_cluster
from w2v.cluster.session import Cluster, joined

__all__ = ["Cluster", "check_cluster", "joined"]
